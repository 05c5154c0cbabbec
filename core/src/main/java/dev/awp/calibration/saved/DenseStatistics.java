// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import dev.awp.Progress;
import dev.awp.blas.Precision;
import dev.awp.calibration.ActivationStore;
import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.ExpertCoverage;
import dev.awp.calibration.SeenInputs;
import dev.awp.calibration.StepMoments;
import dev.awp.calibration.StepMoments.Stream;
import dev.awp.compute.Compute;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
import dev.awp.model.forward.TransformerModel;
import dev.awp.safetensors.CheckpointWriter;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorSpec;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The second moments of a model's linear inputs under its own, uncompressed weights, kept in a
 * safetensors file: every method of a comparison solves the same problems, and calibration runs
 * once.
 */
public final class DenseStatistics {
  private static final String FILE = "model.safetensors";

  /** Tokens of a moment, and whether they are all that there were. */
  private static final ValueLayout.OfLong COUNT =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Map<String, TensorView> views;
  private final TensorReader reader;

  private DenseStatistics(Map<String, TensorView> views, Compute compute) {
    this.views = views;
    this.reader = new TensorReader(compute.kernels());
  }

  /** Opens the statistics in a folder. The arena owns the map. */
  public static DenseStatistics open(Path folder, Compute compute, Arena arena) {
    List<TensorView> tensors = SafetensorsFile.map(folder.resolve(FILE), arena);
    return new DenseStatistics(
        tensors.stream().collect(Collectors.toMap(TensorView::name, Function.identity())), compute);
  }

  public static boolean exist(Path folder) {
    return Files.exists(folder.resolve(FILE));
  }

  /** C of a layer's inputs. */
  public Matrix secondMoment(LinearLayer linear, SegmentAllocator allocator) {
    TensorView view = views.get(name(linear.block(), linear.site()));
    Matrix c = reader.matrix(view, allocator);
    view.release();
    return c;
  }

  /** What C of a layer's inputs is the mean of. */
  public SeenInputs inputs(LinearLayer linear) {
    String name = countName(name(linear.block(), linear.site()));
    MemorySegment count = views.get(name).data();
    boolean everyToken = count.get(COUNT, Long.BYTES) != 0;
    return new SeenInputs(count.get(COUNT, 0), everyToken, Precision.F32.label());
  }

  /** Calibrates: runs the windows through the dense model and writes what its layers see. */
  public static void write(
      Path folder,
      TransformerModel model,
      CalibrationSet calibration,
      Compute compute,
      Progress progress) {
    ModelLayout layout = model.layout();
    Map<String, TensorSpec> specs = new LinkedHashMap<>();
    for (LinearLayer linear : layout.linears()) {
      String name = name(linear.block(), linear.site());
      long n = linear.columns();
      specs.put(name, new TensorSpec(name, DType.F32, List.of(n, n)));
      String count = countName(name);
      specs.put(count, new TensorSpec(count, DType.I64, List.of(2L)));
    }
    TensorEncoder encoder = new TensorEncoder(compute.kernels());
    try (CheckpointWriter writer =
            CheckpointWriter.create(folder, List.copyOf(specs.values()), Long.MAX_VALUE);
        ActivationStore activations =
            ActivationStore.embed(model, calibration.windows(), writer.scratchFolder())) {
      int blocks = layout.config().layers();
      for (int index = 0; index < blocks; index++) {
        progress.step("calibrating block %d of %d".formatted(index + 1, blocks));
        for (Step step : layout.steps(index)) {
          calibrate(model, index, step, activations, writer, encoder, compute, progress);
        }
      }
      writer.commit();
    }
  }

  private static void calibrate(
      TransformerModel model,
      int index,
      Step step,
      ActivationStore activations,
      CheckpointWriter writer,
      TensorEncoder encoder,
      Compute compute,
      Progress progress) {
    List<LinearLayer> linears =
        model.layout().linears(index).stream()
            .filter(linear -> linear.step().equals(step))
            .toList();
    Set<InputSite> starved = ExpertCoverage.starved(model, index, linears, activations, progress);
    try (StepMoments moments =
        new StepMoments(model.layout(), linears, false, starved, Precision.F32, compute)) {
      try (Arena arena = Arena.ofShared()) {
        Stream states = new Stream(model.step(index, step, arena), activations.states(), true);
        moments.observe(states, Optional.empty(), activations.length());
      }
      for (InputSite site : model.layout().sites(index)) {
        if (!site.step().equals(step)) {
          continue;
        }
        try (Arena own = Arena.ofShared()) {
          String name = name(index, site);
          writer.write(countName(name), encode(moments.inputs(site), own));
          writer.write(name, encoder.encode(name, moments.finish(site, name, own), DType.F32, own));
        }
      }
    }
  }

  private static MemorySegment encode(SeenInputs inputs, Arena arena) {
    MemorySegment pair = arena.allocate(2 * COUNT.byteSize());
    pair.set(COUNT, 0, inputs.tokens());
    pair.set(COUNT, Long.BYTES, inputs.everyToken() ? 1 : 0);
    return pair;
  }

  private static String countName(String moment) {
    return moment + ".tokens";
  }

  private static String name(int block, InputSite site) {
    String part = site.part().name();
    return "block." + block + "." + part + (site.ofExpert() ? "." + site.expert() : "");
  }
}
