// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.file;

import dev.awp.AwpException;
import dev.awp.gguf.GgufValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Metadata whose values are checked as they are taken.
 *
 * @param file for messages
 * @param values by key
 */
public record GgufKeys(Path file, Map<String, GgufValue> values) {
  private static final String ARCHITECTURE = "general.architecture";

  /** The name of the graph that computes the model. */
  public String architecture() {
    return text(ARCHITECTURE).orElseThrow(() -> fail(ARCHITECTURE, "is missing"));
  }

  /** A string, where the key is there. */
  public Optional<String> text(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufValue.Text text -> Optional.of(text.value());
      case GgufValue other -> throw wrong(key, "a string", other);
    };
  }

  /** An integer of 0 to 2^31 - 1, where the key is there. */
  public Optional<Integer> whole(String key) {
    return Optional.ofNullable(values.get(key)).map(value -> whole(key, value));
  }

  private int whole(String key, GgufValue value) {
    if (value instanceof GgufValue.Whole whole
        && whole.value() >= 0
        && whole.value() <= Integer.MAX_VALUE) {
      return (int) whole.value();
    }
    throw wrong(key, "an integer from 0 to 2147483647", value);
  }

  /** A number, where the key is there. */
  public Optional<Double> number(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufValue.Real real -> Optional.of(real.value());
      case GgufValue.Whole whole -> Optional.of((double) whole.value());
      case GgufValue other -> throw wrong(key, "a number", other);
    };
  }

  /** True or false; a fallback where the key is missing. */
  public boolean flag(String key, boolean fallback) {
    return switch (values.get(key)) {
      case null -> fallback;
      case GgufValue.Flag flag -> flag.value();
      case GgufValue other -> throw wrong(key, "true or false", other);
    };
  }

  /** A list of strings; empty where the key is missing. */
  public List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (GgufValue value : items(key)) {
      if (!(value instanceof GgufValue.Text text)) {
        throw wrong(key, "a list of strings", value);
      }
      texts.add(text.value());
    }
    return texts;
  }

  /** A list of integers; empty where the key is missing. */
  public int[] wholes(String key) {
    return items(key).stream().mapToInt(value -> whole(key, value)).toArray();
  }

  /**
   * A list of flags, or of integers that are 0 or not; empty where the key is missing or holds
   * something else.
   */
  public List<Boolean> flags(String key) {
    return values.get(key) instanceof GgufValue.Items items
        ? items.values().stream().map(value -> isSet(key, value)).toList()
        : List.of();
  }

  private boolean isSet(String key, GgufValue value) {
    return switch (value) {
      case GgufValue.Flag flag -> flag.value();
      case GgufValue.Whole whole -> whole.value() != 0;
      case GgufValue other -> throw wrong(key, "a list of flags", other);
    };
  }

  /** A list of numbers; empty where the key is missing. */
  public float[] numbers(String key) {
    List<GgufValue> items = items(key);
    float[] numbers = new float[items.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!(items.get(i) instanceof GgufValue.Real real)) {
        throw wrong(key, "a list of numbers", items.get(i));
      }
      numbers[i] = (float) real.value();
    }
    return numbers;
  }

  /**
   * An integer that is the same for all blocks: one, or a list of equal ones.
   *
   * @throws AwpException where blocks differ
   */
  public Optional<Integer> ofBlocks(String key) {
    if (!(values.get(key) instanceof GgufValue.Items items)) {
      return whole(key);
    }
    List<GgufValue> distinct = items.values().stream().distinct().toList();
    if (distinct.size() != 1) {
      throw fail(key, "differs between blocks, which awp does not read");
    }
    return Optional.of(whole(key, distinct.getFirst()));
  }

  /** An integer for each block: one for all, or a list of as many; empty where it is missing. */
  public List<Integer> ofEachBlock(String key, int blocks) {
    if (!(values.get(key) instanceof GgufValue.Items)) {
      return whole(key).map(all -> Collections.nCopies(blocks, all)).orElse(List.of());
    }
    int[] all = wholes(key);
    if (all.length < blocks) {
      throw fail(key, "lists %s of %s blocks".formatted(all.length, blocks));
    }
    return Arrays.stream(all).limit(blocks).boxed().toList();
  }

  private List<GgufValue> items(String key) {
    return switch (values.get(key)) {
      case null -> List.of();
      case GgufValue.Items items -> items.values();
      case GgufValue other -> throw wrong(key, "a list", other);
    };
  }

  private AwpException wrong(String key, String rule, GgufValue value) {
    return fail(key, "must be %s, it is %s".formatted(rule, value));
  }

  /** A sentence about a key. */
  public AwpException fail(String key, String rule) {
    return new AwpException("%s: the metadata key %s %s".formatted(file, key, rule));
  }
}
