// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.recipe;

import dev.awp.constraint.Sparsity;
import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.gguf.block.BlockType;
import dev.awp.solver.Effort;
import dev.awp.solver.registry.Solvers;
import dev.awp.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The keys that a recipe can set for single layers, and what their values mean. */
enum LayerKey {
  IGNORE {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      return settings.ignore(bool(value));
    }
  },
  SPARSITY {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      return settings.sparsity(
          value.equals(NONE) ? new Choice.None<>() : new Choice.Fixed<>(Sparsity.parse(value)));
    }
  },
  BITS {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      if (value.equals(NONE)) {
        return settings.bits(new Choice.None<>());
      }
      int bits = integer(value);
      var _ = new IntegerGrid(bits, 0, false, DType.F32);
      return settings.bits(new Choice.Fixed<>(bits));
    }
  },
  GROUP_SIZE {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      int size = integer(value);
      var _ = new IntegerGrid(4, size, false, DType.F32);
      return settings.groupSize(size);
    }
  },
  SYMMETRIC {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      return settings.symmetric(bool(value));
    }
  },
  GGUF_TYPE {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      BlockChoice blocks = BlockChoice.parse(value);
      if (blocks.ofAll().filter(type -> type.grid().isEmpty()).isPresent()) {
        throw new IllegalArgumentException(
            "%s is no type of blocks; 'ignore: true' leaves a layer as it is".formatted(value));
      }
      return settings.bits(new Choice.None<>()).blocks(Optional.of(blocks));
    }
  },
  TYPE {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      BlockChoice blocks = BlockChoice.parse(value);
      List<String> floats = BlockChoice.FLOATS.stream().map(BlockType::name).toList();
      if (!floats.contains(blocks.word())) {
        throw new IllegalArgumentException(
            "the types are %s, not %s; gguf-type has more for the format gguf"
                .formatted(String.join(", ", floats), value));
      }
      return settings.bits(new Choice.None<>()).blocks(Optional.of(blocks));
    }
  },
  GGUF_FALLBACK {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      return switch (value) {
        case "fit" -> settings.givesWay(true);
        case "error" -> settings.givesWay(false);
        default ->
            throw new IllegalArgumentException("the fallback is fit or error, not '" + value + "'");
      };
    }
  },
  SOLVER {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      if (!value.equals(AUTO) && Solvers.byName(value, Effort.NORMAL).isEmpty()) {
        throw new IllegalArgumentException(
            "there is no solver %s; these are: %s, %s"
                .formatted(value, AUTO, String.join(", ", Solvers.names())));
      }
      return settings.solver(value);
    }
  },
  EFFORT {
    @Override
    LayerSettings.Builder apply(LayerSettings.Builder settings, String value) {
      for (Effort effort : Effort.values()) {
        if (effort != Effort.MAX && effort.word().equals(value)) {
          return settings.effort(effort);
        }
      }
      throw new IllegalArgumentException("the effort is low, normal or high, not '" + value + "'");
    }
  };

  /** The value that takes a sparsity or bits away. */
  static final String NONE = "none";

  private static final String AUTO = "auto";

  /**
   * Sets this one.
   *
   * @throws IllegalArgumentException that tells the rule that the value breaks
   */
  abstract LayerSettings.Builder apply(LayerSettings.Builder settings, String value);

  /** As it is written: "group-size". */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Optional<LayerKey> of(String word) {
    return Arrays.stream(values()).filter(key -> key.word().equals(word)).findFirst();
  }

  private static int integer(String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + value + "' is not a whole number", e);
    }
  }

  private static boolean bool(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("'" + value + "' is neither true nor false");
    };
  }
}
