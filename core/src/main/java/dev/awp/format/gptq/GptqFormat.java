// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gptq;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.config.json.StatedQuantization;
import dev.awp.constraint.GridStorage;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.format.BrokenRule;
import dev.awp.format.FormatWriter;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.ReaderRules;
import dev.awp.format.safetensors.ConfigFiles;
import dev.awp.format.safetensors.SafetensorsWriter;
import dev.awp.kernel.Kernels;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * GPTQ checkpoints, in either convention of zero points: the first version stores z - 1, so that
 * its grids have no zero point 0, the second stores z.
 */
public final class GptqFormat implements OutputFormat {
  public static final String METHOD = "gptq";
  static final String SECOND = "gptq_v2";

  /** Kernels take rows and columns by that many. */
  private static final int MULTIPLE = 32;

  private final String name;
  private final String checkpointFormat;
  private final int zeroPointOffset;

  private GptqFormat(String name, String checkpointFormat) {
    this.name = name;
    this.checkpointFormat = checkpointFormat;
    this.zeroPointOffset = zeroPointOffset(checkpointFormat);
  }

  public static GptqFormat first() {
    return new GptqFormat("gptq", METHOD);
  }

  public static GptqFormat second() {
    return new GptqFormat("gptq-v2", SECOND);
  }

  /** What a version stores less than the zero point. */
  static int zeroPointOffset(String checkpointFormat) {
    return checkpointFormat.equals(SECOND) ? 0 : 1;
  }

  @Override
  public String name() {
    return name;
  }

  /** Scales are stored as F16, and vLLM casts them to the model's type: exact in both. */
  @Override
  public GridStorage gridStorage(DType dtype) {
    return new GridStorage(EnumSet.of(DType.F16, dtype), DType.F32, zeroPointOffset);
  }

  @Override
  public boolean isFused() {
    return true;
  }

  @Override
  public boolean needsWholeGroups() {
    return true;
  }

  @Override
  public List<BrokenRule> brokenRules(ModelPlan plan) {
    return new ReaderRules(plan)
        .oneScheme()
        .fusedAlike()
        .allCompressed()
        .noChannelScales()
        .wholeGroups()
        .each(GptqFormat::wholeWords)
        .broken();
  }

  private static Optional<String> wholeWords(LayerPlan plan) {
    int rows = plan.layer().rows();
    int columns = plan.layer().columns();
    return rows % MULTIPLE == 0 && columns % MULTIPLE == 0
        ? Optional.empty()
        : Optional.of(
            "%s rows and %s columns, where readers take multiples of %s"
                .formatted(rows, columns, MULTIPLE));
  }

  @Override
  public FormatWriter create(Path folder, ModelPlan plan, Kernels kernels, String version) {
    GptqLayer layers =
        new GptqLayer(zeroPointOffset, new TensorEncoder(kernels), new TensorReader(kernels));
    ObjectNode quantization = quantization(plan, version);
    return SafetensorsWriter.create(
        folder,
        plan,
        layers,
        kernels,
        files -> {
          ConfigFiles.addQuantization(files, quantization);
          ConfigFiles.write(files.resolve(StatedQuantization.GPTQ_FILE), quantization);
        });
  }

  private ObjectNode quantization(ModelPlan plan, String version) {
    IntegerGrid grid = plan.layers().getFirst().grid().orElseThrow();
    ObjectNode root = ConfigFiles.object();
    root.put("bits", grid.bits()).put("group_size", grid.groupSize() == 0 ? -1 : grid.groupSize());
    root.put("desc_act", false).put("sym", grid.symmetric()).put("lm_head", false);
    root.put("quant_method", METHOD).put("checkpoint_format", checkpointFormat);
    root.put("pack_dtype", "int32");
    root.putObject("meta").putArray("quantizer").add("awp:" + version);
    return root;
  }
}
