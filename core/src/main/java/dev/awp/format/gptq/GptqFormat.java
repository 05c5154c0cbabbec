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
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * GPTQ checkpoints, of either version or of the one that fits the grid: symmetric grids have the
 * first, which all readers know, and others the second, for GPTQModel refuses asymmetric files of
 * the first that other programs wrote.
 */
public final class GptqFormat implements OutputFormat {
  public static final String METHOD = "gptq";

  /** Kernels take rows and columns by that many. */
  private static final int MULTIPLE = 32;

  private final String name;
  private final Optional<GptqVersion> only;

  private GptqFormat(String name, Optional<GptqVersion> only) {
    this.name = name;
    this.only = only;
  }

  /** The version that fits the grid. */
  public static GptqFormat fitting() {
    return new GptqFormat(METHOD, Optional.empty());
  }

  public static GptqFormat first() {
    return new GptqFormat("gptq-v1", Optional.of(GptqVersion.FIRST));
  }

  public static GptqFormat second() {
    return new GptqFormat("gptq-v2", Optional.of(GptqVersion.SECOND));
  }

  private GptqVersion version(IntegerGrid grid) {
    return only.orElse(grid.symmetric() ? GptqVersion.FIRST : GptqVersion.SECOND);
  }

  @Override
  public String name() {
    return name;
  }

  /** Scales are stored as F16, and vLLM casts them to the model's type: exact in both. */
  @Override
  public GridStorage gridStorage(DType dtype) {
    int least = only.map(GptqVersion::zeroPointOffset).orElse(0);
    return new GridStorage(EnumSet.of(DType.F16, dtype), DType.F32, least);
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
        .expertsApart()
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
  public List<String> warnings(ModelPlan plan) {
    List<String> warnings = new ArrayList<>();
    IntegerGrid grid = grid(plan);
    if (!grid.symmetric()) {
      warnings.add(
          version(grid) == GptqVersion.FIRST
              ? "%s: GPTQModel refuses asymmetric grids in the first version (checkpoint_format gptq) that other programs wrote; --format gptq-v2 and --symmetric are read"
                  .formatted(name)
              : "%s: asymmetric grids are stored as gptq_v2 (checkpoint_format), and programs that know only the first version read other weights; --symmetric is read by all"
                  .formatted(name));
    }
    if (plan.compressesHead()) {
      warnings.add(
          "%s: lm_head is packed (lm_head true), which GPTQModel and vLLM read; transformers by itself looks for packed layers in the blocks only"
              .formatted(name));
    }
    return warnings;
  }

  @Override
  public FormatWriter create(Path folder, ModelPlan plan, Kernels kernels, String version) {
    GptqLayer layers =
        new GptqLayer(
            version(grid(plan)).zeroPointOffset(),
            new TensorEncoder(kernels),
            new TensorReader(kernels));
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

  /** The one of all layers. */
  private static IntegerGrid grid(ModelPlan plan) {
    return plan.layers().getFirst().grid().orElseThrow();
  }

  private ObjectNode quantization(ModelPlan plan, String program) {
    IntegerGrid grid = grid(plan);
    ObjectNode root = ConfigFiles.object();
    root.put("bits", grid.bits()).put("group_size", grid.groupSize() == 0 ? -1 : grid.groupSize());
    root.put("desc_act", false).put("sym", grid.symmetric());
    root.put("lm_head", plan.compressesHead());
    root.put("quant_method", METHOD).put("checkpoint_format", version(grid).word());
    root.put("pack_dtype", "int32");
    root.putObject("meta").putArray("quantizer").add("awp:" + program);
    return root;
  }
}
