// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.value;

import dev.awp.constraint.affine.IntegerGrid;
import dev.awp.solver.registry.SolverOptions;
import dev.awp.solver.registry.Solvers;
import dev.awp.tensor.DType;
import java.util.function.DoublePredicate;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Values of options that lie in a range, checked where they are parsed: a value outside is misuse.
 * picocli puts the option's name before the rule.
 */
public final class Ranges {
  /** More threads than that are a slip: the largest machines have fewer cores. */
  private static final int MOST_THREADS = 4096;

  private Ranges() {}

  /** A whole number of at least 1. */
  public static final class Count extends Whole {
    public Count() {
      super(1, Integer.MAX_VALUE);
    }
  }

  /** A whole number of at least 0. */
  public static final class CountOrNone extends Whole {
    public CountOrNone() {
      super(0, Integer.MAX_VALUE);
    }
  }

  /** Tokens of a window in which tokens are predicted. */
  public static final class PredictedWindow extends Whole {
    public PredictedWindow() {
      super(2, Integer.MAX_VALUE);
    }
  }

  /** A number of threads. */
  public static final class Threads extends Whole {
    public Threads() {
      super(1, MOST_THREADS);
    }
  }

  /** Bits of an integer grid. */
  public static final class Bits extends Whole {
    public Bits() {
      super(Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    @Override
    void check(int value) {
      var _ = new IntegerGrid(value, 0, false, DType.F32);
    }
  }

  /** Columns of a group of an integer grid. */
  public static final class GroupSize extends Whole {
    public GroupSize() {
      super(Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    @Override
    void check(int value) {
      var _ = new IntegerGrid(4, value, false, DType.F32);
    }
  }

  /** A finite number above 0. */
  public static final class Positive extends Real {
    public Positive() {
      super("a number above 0", value -> value > 0);
    }
  }

  /** A finite number above 1. */
  public static final class Factor extends Real {
    public Factor() {
      super("a number above 1", value -> value > 1);
    }
  }

  /** A finite number that is not negative. */
  public static final class NotNegative extends Real {
    public NotNegative() {
      super("a number of at least 0", value -> value >= 0);
    }
  }

  /** A share between none and all. */
  public static final class Share extends Real {
    public Share() {
      super("a number between 0 and 1", value -> value > 0 && value < 1);
    }
  }

  /** A share that may be all, and not none. */
  public static final class ShareOrAll extends Real {
    public ShareOrAll() {
      super("a number above 0 and at most 1", value -> value > 0 && value <= 1);
    }
  }

  /** A share that may be none, and not all. */
  public static final class ShareOrNone extends Real {
    public ShareOrNone() {
      super("a number of at least 0 and below 1", value -> value >= 0 && value < 1);
    }
  }

  /** A share that may be none, and not all; or a whole number. */
  public static final class ShareOrCount extends Real {
    public ShareOrCount() {
      super(
          "a share of at least 0 and below 1, or a whole number",
          value ->
              value >= 0 && value <= Integer.MAX_VALUE && (value < 1 || value == Math.rint(value)));
    }
  }

  /** Mean bits of a weight. */
  public static final class MeanBits extends Real {
    public MeanBits() {
      super("a number above 0 and at most 32", value -> value > 0 && value <= 32);
    }
  }

  /** A solver's name, or {@value SolverOptions#AUTO}. */
  public static final class SolverName extends Word {
    public SolverName() {
      super(
          "solver",
          Stream.concat(Stream.of(SolverOptions.AUTO), Solvers.names().stream()).toList());
    }
  }

  abstract static class Whole implements ITypeConverter<Integer> {
    private final int least;
    private final int most;

    Whole(int least, int most) {
      this.least = least;
      this.most = most;
    }

    /** IllegalArgumentException that tells the rule, where there is one besides the range. */
    void check(int value) {}

    @Override
    public Integer convert(String text) {
      try {
        int value = Integer.parseInt(text);
        if (value >= least && value <= most) {
          check(value);
          return value;
        }
      } catch (NumberFormatException e) {
        throw new TypeConversionException(rule(text));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
      throw new TypeConversionException(rule(text));
    }

    private String rule(String text) {
      String range = least == Integer.MIN_VALUE ? "" : " from %s to %s".formatted(least, most);
      return "'%s' is not a whole number%s".formatted(text, range);
    }
  }

  abstract static class Real implements ITypeConverter<Double> {
    private final String range;
    private final DoublePredicate isInside;

    Real(String range, DoublePredicate isInside) {
      this.range = range;
      this.isInside = isInside;
    }

    @Override
    public Double convert(String text) {
      double value;
      try {
        value = Double.parseDouble(text);
      } catch (NumberFormatException e) {
        throw new TypeConversionException("'%s' is not %s".formatted(text, range));
      }
      if (Double.isInfinite(value) || !isInside.test(value)) {
        throw new TypeConversionException("'%s' is not %s".formatted(text, range));
      }
      return value;
    }
  }
}
