// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.constraint.GridStorage;
import dev.awp.format.BrokenRule;
import dev.awp.format.FormatWriter;
import dev.awp.format.LayerPlan;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.format.ReaderRules;
import dev.awp.format.safetensors.ConfigFiles;
import dev.awp.format.safetensors.LayerFormat;
import dev.awp.format.safetensors.SafetensorsWriter;
import dev.awp.kernel.Kernels;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.tensor.DType;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * compressed-tensors' "pack-quantized", "nvfp4-pack-quantized" and "mxfp4-pack-quantized", which
 * vLLM and transformers load. Layers without a grid are ordinary tensors, so a model that is only
 * pruned is an ordinary checkpoint.
 */
public final class CompressedTensorsFormat implements OutputFormat {
  public static final String NAME = "compressed-tensors";

  /** What stands for the layout of layers of several. */
  static final String MIXED = "mixed-precision";

  /** The first version that packs 3 bits as they are packed here. */
  private static final String VERSION = "0.18.0";

  private static final String HEAD = "lm_head";

  @Override
  public String name() {
    return NAME;
  }

  /** Readers compute in the type of the scales, which is the layer's. */
  @Override
  public GridStorage gridStorage(DType dtype) {
    return new GridStorage(Set.of(dtype), DType.F32, 0);
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
  public Optional<String> symmetricFor() {
    return Optional.of(
        "transformers loads zero points of compressed-tensors on request only (docs/formats.md)");
  }

  @Override
  public List<BrokenRule> brokenRules(ModelPlan plan) {
    return new ReaderRules(plan)
        .expertsApart()
        .noChannelScales()
        .wholeGroups()
        .each(CompressedTensorsFormat::wrongBlocks)
        .fusedAlike()
        .broken();
  }

  /** Blocks that it has no place for, and rows of no whole groups of those that it has. */
  private static Optional<String> wrongBlocks(LayerPlan layer) {
    if (layer.grid().isPresent() || layer.constraint().grid().isEmpty()) {
      return Optional.empty();
    }
    int columns = layer.layer().columns();
    Optional<PackScheme> scheme = PackScheme.of(layer);
    return scheme.isEmpty()
        ? Optional.of("there is no place for " + layer.constraint().grid().get().describe())
        : scheme
            .filter(some -> columns % some.groupSize() != 0)
            .map(
                some ->
                    "%s columns are no multiple of the %s that share a scale of %s"
                        .formatted(columns, some.groupSize(), some));
  }

  @Override
  public List<String> warnings(ModelPlan plan) {
    boolean zeroPoints =
        plan.layers().stream()
            .flatMap(layer -> layer.grid().stream())
            .anyMatch(grid -> !grid.symmetric());
    return zeroPoints
        ? List.of(
            "compressed-tensors: transformers 5.24 with compressed-tensors 0.20.1 loads zero"
                + " points, other programs' too, only with"
                + " CompressedTensorsConfig(dequantize=True); --symmetric is read by all")
        : List.of();
  }

  @Override
  public FormatWriter create(Path folder, ModelPlan plan, Kernels kernels, String version) {
    LayerFormat layers =
        new CompressedTensorsLayer(new TensorEncoder(kernels), new TensorReader(kernels));
    boolean packed = plan.layers().stream().anyMatch(layer -> PackScheme.of(layer).isPresent());
    return SafetensorsWriter.create(
        folder,
        plan,
        layers,
        kernels,
        files -> {
          if (packed) {
            ConfigFiles.addQuantization(files, quantization(plan));
          }
        });
  }

  /** Every key that the reader's classes have at version 0.18.0; it refuses unknown ones. */
  static ObjectNode quantization(ModelPlan plan) {
    ObjectNode root = ConfigFiles.object();
    root.put("quant_method", NAME).put("version", VERSION);
    List<String> layouts =
        plan.layers().stream()
            .flatMap(layer -> PackScheme.of(layer).stream())
            .map(PackScheme::layout)
            .distinct()
            .toList();
    root.put("format", layouts.size() == 1 ? layouts.getFirst() : MIXED);
    root.put("quantization_status", "compressed").putNull("global_compression_ratio");
    Set<String> ignored = new LinkedHashSet<>();
    Optional<LayerPlan> head = packedHead(plan);
    if (head.isEmpty()) {
      ignored.add(HEAD);
    }
    ignored.addAll(plan.unpackedModules());
    plan.layers().stream()
        .filter(layer -> PackScheme.of(layer).isEmpty())
        .forEach(layer -> ignored.add(layer.layer().name()));
    ModuleMatch match = new ModuleMatch(plan.layout().config().names());
    ignored.stream().map(match::of).distinct().forEach(root.putArray("ignore")::add);
    root.putNull("kv_cache_scheme");
    root.putObject("sparsity_config");
    root.putObject("transform_config");
    ObjectNode groups = root.putObject("config_groups");
    Map<PackScheme, ArrayNode> targets = new LinkedHashMap<>();
    for (LayerPlan layer : plan.layers()) {
      PackScheme.of(layer)
          .ifPresent(
              scheme ->
                  targets
                      .computeIfAbsent(scheme, _ -> addGroup(groups, scheme))
                      .add(match.of(layer.layer().name())));
    }
    if (targets.size() == 1) {
      ArrayNode all = targets.values().iterator().next().removeAll().add("Linear");
      // A head is no Linear in vLLM.
      head.ifPresent(layer -> all.add(match.of(layer.layer().name())));
    }
    return root;
  }

  private static Optional<LayerPlan> packedHead(ModelPlan plan) {
    return plan.layout()
        .head()
        .filter(_ -> plan.compressesHead())
        .map(plan::layer)
        .filter(layer -> PackScheme.of(layer).isPresent());
  }

  /** Adds a group of layers and returns its list of targets. */
  private static ArrayNode addGroup(ObjectNode groups, PackScheme scheme) {
    ObjectNode group = groups.putObject("group_" + groups.size());
    ArrayNode targets = group.putArray("targets");
    ObjectNode weights = group.putObject("weights");
    scheme.describe(weights);
    if (scheme.groupSize() == 0) {
      weights.putNull("group_size");
    } else {
      weights.put("group_size", scheme.groupSize());
    }
    weights.putNull("block_structure").put("dynamic", false).putNull("actorder");
    weights.put("observer", "minmax").putObject("observer_kwargs");
    group.putNull("input_activations").putNull("output_activations");
    group.put("format", scheme.layout());
    return targets;
  }
}
