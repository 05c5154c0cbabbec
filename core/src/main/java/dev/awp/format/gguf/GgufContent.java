// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import dev.awp.format.ModelPlan;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.file.GgufPlan;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.gguf.model.GgufRope;
import dev.awp.gguf.tensor.GgufTensorPlan;
import dev.awp.gguf.tensor.WeightScales;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * All that a file of a model will hold, and where.
 *
 * @param plans of all tensors but the scales beside them, by their names in the checkpoint; one
 *     that lies in several tensors has several
 * @param constants tensors that the checkpoint does not have, among the plans
 * @param file places and metadata
 * @param pieces of the file by what they are written under: tensors, or slices of them
 */
record GgufContent(
    Map<String, List<GgufTensorPlan>> plans,
    Map<String, float[]> constants,
    GgufPlan file,
    Map<String, GgufTensor> pieces) {
  static GgufContent of(ModelPlan plan, GgufLayout layout) {
    Map<String, List<GgufTensorPlan>> plans =
        layout.tensors().stream()
            .collect(groupingBy(GgufTensorPlan::source, LinkedHashMap::new, toList()));
    Map<String, float[]> constants = GgufRope.factors(plan.layout().config());
    constants.forEach(
        (name, values) -> plans.put(name, List.of(GgufTensorPlan.constant(name, values.length))));
    List<GgufTensorPlan> all = plans.values().stream().flatMap(List::stream).toList();
    List<GgufPlace> scales =
        all.stream()
            .filter(tensor -> tensor.type().hasMatrixScale())
            .map(tensor -> WeightScales.place(tensor.place()))
            .toList();
    List<GgufPlan.Wanted> wanted =
        Stream.concat(
                all.stream().map(GgufTensorPlan::wanted), scales.stream().map(WeightScales::wanted))
            .distinct()
            .toList();
    GgufPlan file = GgufPlan.of(metadata(plan, layout), wanted);
    Map<String, GgufTensor> pieces = new LinkedHashMap<>();
    Stream.concat(all.stream().map(GgufTensorPlan::place), scales.stream())
        .forEach(place -> pieces.put(place.key(), place.of(file.tensors().get(place.tensor()))));
    return new GgufContent(plans, constants, file, pieces);
  }

  private static Map<String, GgufValue> metadata(ModelPlan plan, GgufLayout layout) {
    Map<String, GgufValue> metadata =
        GgufMetadata.of(plan.layout().config(), layout, plan.checkpoint().folder());
    metadata.putAll(GgufFormat.tokenizer(plan).metadata());
    ForeignMetadata.add(plan.checkpoint(), metadata);
    if (!ForeignMetadata.isThere(plan.checkpoint())) {
      GgufCard.of(plan.checkpoint(), plan.layout()).forEach(metadata::putIfAbsent);
    }
    return metadata;
  }
}
