// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model;

import dev.awp.config.Architecture;
import dev.awp.config.ExpertConfig;
import dev.awp.config.ExpertNames;
import dev.awp.config.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/** The linear layers of one block: names on disk, sites, shapes. */
final class BlockLinears {
  private final Architecture architecture;
  private final ModelConfig config;
  private final int block;
  private final String prefix;
  private final List<LinearLayer> all = new ArrayList<>();

  BlockLinears(ModelLayout layout, int block) {
    this.architecture = layout.architecture();
    this.config = layout.config();
    this.block = block;
    this.prefix = layout.prefix(block);
  }

  /** In the order in which data flows through them. */
  List<LinearLayer> all() {
    int hidden = config.hiddenSize();
    int queries = config.block(block).attention().queryWidth();
    int keys = config.block(block).attention().keyValueWidth();
    List<String> attention = architecture.projections().attention();
    add(attention, List.of(queries, keys, keys), InputSite.ATTENTION_INPUT, hidden);
    add(List.of("self_attn.o_proj"), List.of(hidden), InputSite.ATTENTION_OUTPUT, queries);
    config.block(block).experts().ifPresentOrElse(this::addMixture, this::addMlp);
    return List.copyOf(all);
  }

  private void addMlp() {
    addGated("mlp.", config.block(block).mlp().width());
  }

  private void addGated(String module, int width) {
    List<String> gated =
        architecture.projections().gated().stream().map(name -> module + name).toList();
    add(gated, List.of(width, width), InputSite.MLP_INPUT, config.hiddenSize());
    add(List.of(module + "down_proj"), List.of(config.hiddenSize()), InputSite.MLP_OUTPUT, width);
  }

  private void addMixture(ExpertConfig experts) {
    ExpertNames names = architecture.experts().orElseThrow().names();
    experts.sharedWidth().ifPresent(width -> addGated(names.sharedExpert(), width));
    int hidden = config.hiddenSize();
    int width = experts.width();
    for (int e = 0; e < experts.count(); e++) {
      String module = names.expert(e);
      List<String> gated = List.of(module + names.gate(), module + names.up());
      add(gated, List.of(width, width), InputSite.expertInput(e), hidden);
      add(List.of(module + names.down()), List.of(hidden), InputSite.expertOutput(e), width);
    }
  }

  /** Layers of one input; one name for several numbers of rows is a fused layer. */
  private void add(List<String> modules, List<Integer> rows, InputSite site, int columns) {
    boolean fused = modules.size() == 1;
    int together = rows.stream().mapToInt(Integer::intValue).sum();
    for (int i = 0; i < modules.size(); i++) {
      int own = fused ? together : rows.get(i);
      all.add(new LinearLayer(prefix + modules.get(i), block, site, own, columns));
    }
  }
}
