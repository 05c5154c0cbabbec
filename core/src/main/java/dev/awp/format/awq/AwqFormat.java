// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.awq;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.config.TensorNames;
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

/** AutoAWQ checkpoints of version "gemm": 4 bits; a symmetric grid has the zero point 8 for all. */
public final class AwqFormat implements OutputFormat {
  public static final String METHOD = "awq";

  /** The packing that is written. */
  static final String VERSION = "gemm";

  @Override
  public String name() {
    return METHOD;
  }

  /** Scales are stored as F16, and vLLM casts them to the model's type: exact in both. */
  @Override
  public GridStorage gridStorage(DType dtype) {
    return new GridStorage(EnumSet.of(DType.F16, dtype), DType.F32, 0);
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
        .noChannelScales()
        .wholeGroups()
        .each(AwqFormat::fourBits)
        .each(AwqFormat::wholeWords)
        .headStays(
            "readers of this format leave the output head as it is (--lm-head is for the others)")
        .broken();
  }

  private static Optional<String> fourBits(LayerPlan plan) {
    return plan.grid()
        .filter(grid -> grid.bits() != AwqCodes.BITS)
        .map(grid -> "%s bits, where the format has 4".formatted(grid.bits()));
  }

  private static Optional<String> wholeWords(LayerPlan plan) {
    int rows = plan.layer().rows();
    return rows % AwqCodes.PER_WORD == 0
        ? Optional.empty()
        : Optional.of("%s rows, where words hold the codes of 8".formatted(rows));
  }

  @Override
  public FormatWriter create(Path folder, ModelPlan plan, Kernels kernels, String version) {
    AwqLayer layers = new AwqLayer(new TensorEncoder(kernels), new TensorReader(kernels));
    return SafetensorsWriter.create(
        folder,
        plan,
        layers,
        kernels,
        files -> ConfigFiles.addQuantization(files, quantization(plan)));
  }

  /** Readers look for it in names of modules, before which other versions have "model.". */
  private static String loaded(String name, TensorNames names) {
    boolean beside = !names.areUsual() && !names.has(name) && name.startsWith("model.");
    return beside ? name.substring("model.".length()) : name;
  }

  private static ObjectNode quantization(ModelPlan plan) {
    IntegerGrid grid = plan.layers().getFirst().grid().orElseThrow();
    ObjectNode root = ConfigFiles.object();
    root.put("quant_method", METHOD).put("zero_point", true);
    root.put("group_size", grid.groupSize() == 0 ? -1 : grid.groupSize());
    root.put("bits", grid.bits()).put("version", VERSION);
    // The head is never converted, and a list asks for newer readers than null does.
    List<String> unpacked =
        plan.unpackedModules().stream()
            .filter(name -> !name.endsWith("lm_head"))
            .map(name -> loaded(name, plan.layout().config().names()))
            .toList();
    if (unpacked.isEmpty()) {
      root.putNull("modules_to_not_convert");
    } else {
      ArrayNode names = root.putArray("modules_to_not_convert");
      unpacked.forEach(names::add);
    }
    return root;
  }
}
