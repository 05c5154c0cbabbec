// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static java.util.stream.Collectors.joining;

import dev.awp.format.ModelPlan;
import dev.awp.gguf.model.GgufArchitecture;
import dev.awp.rope.YarnScaling;
import dev.awp.stored.StoredTensor;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What a GGUF file leaves out, or llama.cpp computes otherwise. */
record GgufWarnings(ModelPlan plan) {
  /** Modules that are named. */
  private static final int NAMED = 5;

  List<String> all() {
    List<String> warnings = new ArrayList<>();
    // Reports are published, and where the files lay is nobody's business.
    String folder = plan.checkpoint().companions() + File.separator;
    GgufFormat.tokenizer(plan).warnings().stream()
        .map(warning -> warning.replace(folder, ""))
        .forEach(warnings::add);
    ModelCard.of(plan.checkpoint().companions()).warning().ifPresent(warnings::add);
    GgufArchitecture graph = GgufArchitecture.of(plan.layout().config());
    boolean windows = graph.hasGelu() || graph.listsWindows();
    if (plan.layout().config().slidingWindow().isPresent() && !windows) {
      warnings.add(
          "GGUF: llama.cpp attends to all positions where this model has a sliding window");
    }
    if (plan.layout().config().rotation().scaling().orElse(null) instanceof YarnScaling yarn
        && !yarn.truncated()) {
      warnings.add(
          "GGUF: llama.cpp rounds the two bounds of YaRN outwards to whole planes, which this model"
              + " (truncate false) does not");
    }
    Set<String> written = plan.layout().shapes().keySet();
    List<String> others =
        plan.checkpoint().tensors().stream()
            .map(StoredTensor::name)
            .filter(name -> !written.contains(name))
            .toList();
    if (!others.isEmpty()) {
      warnings.add(
          "GGUF: %s tensors that are no part of the text model are not written (%s)"
              .formatted(others.size(), modules(others)));
    }
    return warnings;
  }

  /** The first two words of their names, each once. */
  private static String modules(List<String> names) {
    List<String> modules =
        names.stream()
            .map(name -> name.replaceFirst("^([^.]*\\.[^.]*)\\..*", "$1"))
            .distinct()
            .toList();
    String first = modules.stream().limit(NAMED).collect(joining(", "));
    return modules.size() > NAMED ? first + " and others" : first;
  }
}
