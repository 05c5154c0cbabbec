// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;

import dev.awp.format.ModelPlan;
import dev.awp.format.PlannedSizes;
import dev.awp.gguf.file.GgufPlan;
import dev.awp.gguf.tensor.GgufTensorPlan;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The size of a GGUF file: of its header, and of each tensor's blocks by their type. */
record GgufSizes(GgufOptions options) implements PlannedSizes {
  @Override
  public long fileBytes(ModelPlan plan) {
    return GgufContent.of(plan, new GgufLayout(plan, options)).file().fileBytes();
  }

  @Override
  public Map<Set<String>, Long> tensorBytes(ModelPlan plan) {
    Map<GgufPlan.Wanted, Set<String>> sources =
        new GgufLayout(plan, options)
            .tensors().stream()
                .collect(
                    groupingBy(
                        GgufTensorPlan::wanted,
                        LinkedHashMap::new,
                        mapping(GgufTensorPlan::source, toSet())));
    Map<Set<String>, Long> bytes = new LinkedHashMap<>();
    sources.forEach((tensor, names) -> bytes.merge(names, tensor.takenBytes(), Long::sum));
    return bytes;
  }
}
