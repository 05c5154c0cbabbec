// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.compress.CompressionOptions;
import dev.awp.config.ModelConfig;
import dev.awp.constraint.Constraint;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.format.registry.OutputFormats;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.UnusedTensors;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What every run checks and settles of its inputs before anything is computed. */
public final class RunChecks {
  private static final int DEFAULT_LENGTH = 2048;

  private static final Logger LOG = LoggerFactory.getLogger(RunChecks.class);

  private RunChecks() {}

  /** Refuses an output folder inside the model folder. */
  public static void checkFolders(Path modelFolder, Path outputFolder) {
    Path output = outputFolder.toAbsolutePath().normalize();
    Path model = modelFolder.toAbsolutePath().normalize();
    try {
      if (Files.exists(model)) {
        model = model.toRealPath();
      }
      if (Files.exists(output)) {
        output = output.toRealPath();
      }
    } catch (IOException e) {
      throw new AwpException(outputFolder + ": cannot be resolved: " + e.getMessage(), e);
    }
    if (output.startsWith(model)) {
      throw new AwpException(
          "%s: the output folder must lie outside the model folder %s, which is never written"
              .formatted(outputFolder, modelFolder));
    }
  }

  /**
   * What is compressed has to be what was trained, or blocks of codes where that is asked for.
   *
   * @return what is to be told of it
   */
  public static Optional<String> checkOriginal(Checkpoint checkpoint, boolean requantize) {
    Set<String> codes = CheckpointWeights.codes(checkpoint);
    if (!requantize || codes.isEmpty()) {
      checkDense(checkpoint);
      return Optional.empty();
    }
    String told =
        "%s: the model is quantized already (%s) and taken for the original: what its quantization lost stays lost, and errors are told against it; tensors that are only copied are rounded to F16"
            .formatted(checkpoint.folder(), String.join(", ", codes));
    LOG.warn("{}", told);
    return Optional.of(told);
  }

  /** What is compressed has to be what was trained. */
  public static void checkDense(Checkpoint checkpoint) {
    String method = CheckpointWeights.method(checkpoint);
    if (!method.isEmpty()) {
      throw new AwpException(
          "%s: the model is quantized already (%s); the original is compressed, not its quantization (where only this is left, 'awp convert' writes its plain numbers%s)"
              .formatted(
                  checkpoint.folder(),
                  method,
                  CheckpointWeights.codes(checkpoint).isEmpty()
                      ? ""
                      : ", and --requantize of 'awp compress' takes them for the original's"));
    }
  }

  /** Tells of tensors in the blocks that nothing uses. */
  public static void tellUnused(Checkpoint checkpoint, ModelLayout layout) {
    UnusedTensors.warning(checkpoint, layout).ifPresent(warning -> LOG.warn("{}", warning));
  }

  /**
   * What is not as the files say, what is assumed and what outputs leave out; what opening the
   * checkpoint did not tell is told here.
   */
  public static List<String> warnings(ModelPlan plan, List<OutputFormat> formats) {
    Checkpoint checkpoint = plan.checkpoint();
    Set<String> more = new LinkedHashSet<>();
    UnusedTensors.warning(checkpoint, plan.layout()).ifPresent(more::add);
    formats.forEach(format -> more.addAll(format.warnings(plan)));
    more.forEach(warning -> LOG.warn("{}", warning));
    List<String> all = new ArrayList<>(checkpoint.warnings());
    all.addAll(more);
    return all;
  }

  /** Tokens of a calibration window. */
  public static int windowLength(CompressionOptions.Calibration calibration, ModelConfig config) {
    int context = config.maxPositions();
    int length = calibration.sequenceLength().orElse(Math.min(context, DEFAULT_LENGTH));
    if (length > context) {
      throw new AwpException(
          "--sequence-length %s is more than the %s positions of the model"
              .formatted(length, context));
    }
    return length;
  }

  /** What each layer is to become, as all formats can hold it. */
  public static ModelPlan plan(
      Checkpoint checkpoint,
      ModelLayout layout,
      Schemes schemes,
      List<OutputFormat> formats,
      long maxShardBytes) {
    List<LayerPlan> layers = new ArrayList<>();
    for (LinearLayer linear : schemes.layers()) {
      Schemes.Scheme scheme = schemes.scheme(linear);
      DType dtype = checkpoint.tensor(linear.weight()).type().written();
      Constraint constraint =
          scheme.constraint().forStorage(OutputFormats.gridStorage(formats, dtype));
      layers.add(new LayerPlan(linear, dtype, constraint, scheme.solver().usesChannelScales()));
    }
    return new ModelPlan(checkpoint, layout, layers, maxShardBytes);
  }
}
