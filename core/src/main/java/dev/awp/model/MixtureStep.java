// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.ExpertConfig;
import dev.awp.config.ExpertNames;
import dev.awp.config.ExpertNorms;
import dev.awp.config.MlpConfig;
import dev.awp.config.StepNorms;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The mixture of experts of a block, in the place of its feed-forward layer. */
public record MixtureStep(ModelLayout layout, int block) implements BlockStep {
  /** What config.json says of it. */
  public ExpertConfig config() {
    return layout.config().block(block).experts().orElseThrow();
  }

  /** What its experts have in common with the feed-forward layers of the model. */
  public MlpConfig mlp() {
    return layout.config().block(block).mlp();
  }

  /** How its parts are called. */
  public ExpertNames names() {
    return layout.architecture().experts().orElseThrow().names();
  }

  @Override
  public Step step() {
    return Step.MLP;
  }

  @Override
  public StepNorms norms() {
    StepNorms usual = layout.architecture().norms().mlp();
    return names().norms().isPresent() ? new StepNorms(Optional.empty(), usual.after()) : usual;
  }

  /** Those of the shared expert, then those of the routed ones. */
  @Override
  public List<LinearLayer> linears() {
    ExpertConfig experts = config();
    ExpertNames names = names();
    StepLinears linears = new StepLinears(layout, block);
    boolean gated = mlp().gated();
    experts
        .sharedWidth()
        .ifPresent(width -> linears.addFeedForward(names.sharedExpert(), width, gated));
    int hidden = layout.config().hiddenSize();
    int width = experts.width();
    for (int e = 0; e < experts.count(); e++) {
      String module = names.expert(e);
      List<String> inner = names.inner(gated).stream().map(name -> module + name).toList();
      linears.add(
          inner, Collections.nCopies(inner.size(), width), InputSite.expertInput(e), hidden);
      linears.add(
          List.of(module + names.down()), List.of(hidden), InputSite.expertOutput(e), width);
    }
    return linears.all();
  }

  @Override
  public boolean hasBias(LinearLayer linear) {
    return linear.site().ofExpert() ? config().bias() : mlp().bias();
  }

  /** The tensors that have a row, or a number, for each expert. */
  public List<String> routerTensors() {
    List<String> names = new ArrayList<>(List.of(names().router()));
    if (config().bias()) {
      names.add(names().routerBias());
    }
    if (config().routing().corrected()) {
      names.add(names().correction());
    }
    names().norms().map(ExpertNorms::expertScales).ifPresent(names::add);
    return names.stream().map(name -> layout.prefix(block) + name).toList();
  }

  @Override
  public Map<String, List<Long>> others() {
    String prefix = layout.prefix(block);
    long hidden = layout.config().hiddenSize();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    shapes.put(prefix + names().router(), List.of((long) config().count(), hidden));
    if (config().bias()) {
      shapes.put(prefix + names().routerBias(), List.of((long) config().count()));
    }
    if (config().routing().corrected()) {
      shapes.put(prefix + names().correction(), List.of((long) config().count()));
    }
    if (config().sharedWidth().isPresent() && config().sharedGated()) {
      shapes.put(prefix + names().sharedGate(), List.of(1L, hidden));
    }
    names()
        .norms()
        .ifPresent(
            norms -> {
              norms
                  .modules()
                  .forEach(norm -> shapes.put(prefix + norm + ".weight", List.of(hidden)));
              shapes.put(prefix + norms.routerScale(), List.of(hidden));
              shapes.put(prefix + norms.expertScales(), List.of((long) config().count()));
            });
    return shapes;
  }

  @Override
  public boolean isAdded(LinearLayer linear) {
    return false;
  }
}
