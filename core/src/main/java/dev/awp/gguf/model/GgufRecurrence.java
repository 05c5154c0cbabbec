// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.model;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.config.BlockConfig;
import dev.awp.config.RecurrenceRule;
import dev.awp.config.RecurrenceRule.Mamba2Keys;
import dev.awp.config.RecurrenceRule.Mamba2Switches;
import dev.awp.gguf.file.GgufKeys;
import dev.awp.gguf.model.GgufConfig.GgufTensors;
import java.util.List;

/** What a GGUF file says of a model's recurrences, in the words of config.json. */
record GgufRecurrence(GgufKeys keys, GgufTensors tensors) {
  /** Blocks from one with attention to the next, where the file says nothing. */
  private static final int INTERVAL = 4;

  private int whole(String name) {
    return GgufNumbers.whole(keys, keys.architecture() + "." + name);
  }

  /** A number that others are divided by. */
  private int divisor(String name) {
    int value = whole(name);
    if (value == 0) {
      throw keys.fail(keys.architecture() + "." + name, "is 0");
    }
    return value;
  }

  /** Adds the settings of a rule. */
  void addTo(ObjectNode config, RecurrenceRule rule) {
    switch (rule) {
      case RecurrenceRule.Mamba2 mamba -> addMamba2(config, mamba);
      case RecurrenceRule.GatedDelta _ -> addGatedDelta(config);
    }
  }

  private void addMamba2(ObjectNode config, RecurrenceRule.Mamba2 rule) {
    Mamba2Keys names = rule.sizes();
    int width = whole("ssm.inner_size");
    int heads = divisor("ssm.time_step_rank");
    config.put(names.heads(), heads);
    config.put(names.headDimension(), width / heads);
    config.put(names.groups(), whole("ssm.group_count"));
    config.put(names.stateSize(), whole("ssm.state_size"));
    config.put(names.kernel(), whole("ssm.conv_kernel"));
    int times = Math.max(1, width / divisor("embedding_length"));
    names.expand().ifPresent(key -> config.put(key, times));
    config.put(names.convolutionBias(), anyBlockHas("ssm_conv1d.bias"));
    config.put(names.projectionBias(), false);
    rule.switches().ifPresent(switches -> addSwitches(config, switches, width));
  }

  private void addGatedDelta(ObjectNode config) {
    String epsilon = keys.architecture() + ".attention.layer_norm_rms_epsilon";
    double own = GgufNumbers.shortest(keys, epsilon, 1e-6);
    if (own != 1e-6) {
      throw keys.fail(
          epsilon,
          "is %s: llama.cpp norms keys of delta nets with it, awp with 1e-6 as transformers does"
              .formatted(own));
    }
    int heads = divisor("ssm.time_step_rank");
    config.put(RecurrenceRule.GatedDelta.KEY_HEADS, whole("ssm.group_count"));
    config.put(RecurrenceRule.GatedDelta.VALUE_HEADS, heads);
    config.put(RecurrenceRule.GatedDelta.KEY_DIMENSION, whole("ssm.state_size"));
    config.put(RecurrenceRule.GatedDelta.VALUE_DIMENSION, whole("ssm.inner_size") / heads);
    config.put(RecurrenceRule.GatedDelta.KERNEL, whole("ssm.conv_kernel"));
    addKinds(config);
  }

  private void addKinds(ObjectNode config) {
    int blocks = config.path("num_hidden_layers").asInt();
    String name = keys.architecture() + ".attention.recurrent_layers";
    List<Boolean> listed = keys.flags(name);
    if (!listed.isEmpty() && listed.size() < blocks) {
      throw keys.fail(name, "lists %s of %s blocks".formatted(listed.size(), blocks));
    }
    String key = keys.architecture() + ".full_attention_interval";
    int interval = keys.whole(key).orElse(INTERVAL);
    if (interval == 0) {
      throw keys.fail(key, "is 0");
    }
    ArrayNode types = config.putArray(BlockConfig.TYPES_KEY);
    for (int block = 0; block < blocks; block++) {
      boolean recurrent = listed.isEmpty() ? (block + 1) % interval != 0 : listed.get(block);
      types.add(recurrent ? "linear_attention" : "full_attention");
    }
  }

  private void addSwitches(ObjectNode config, Mamba2Switches switches, int width) {
    config.put(switches.width(), width);
    config.put(switches.normed(), anyBlockHas("ssm_norm.weight"));
    config.put(switches.normFirst(), false);
    config.put(switches.outputBias(), false);
  }

  private boolean anyBlockHas(String tensor) {
    return tensors.anyBlockHas(whole("block_count"), tensor);
  }
}
