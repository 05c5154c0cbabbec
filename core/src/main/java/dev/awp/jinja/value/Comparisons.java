// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** Equality and order of values, as Python has them. */
public final class Comparisons {
  private Comparisons() {}

  /** Python's ==. */
  public static boolean equal(Value left, Value right, Work work) {
    work.step();
    if (isNumber(left) && isNumber(right)) {
      return numbers(left, right) == 0;
    }
    return switch (left) {
      case Value.Text(String text) -> isText(text, right, work);
      case Value.Markup(String text) -> isText(text, right, work);
      case Value.None _ -> right instanceof Value.None;
      case Value.Undefined _ -> right instanceof Value.Undefined;
      case Seq seq ->
          right instanceof Seq other
              && seq.kind() == other.kind()
              && items(seq.items(), other.items(), work);
      case Dict dict -> right instanceof Dict other && entries(dict, other, work);
      default -> left.equals(right);
    };
  }

  private static boolean isText(String text, Value other, Work work) {
    work.characters(text.length());
    return switch (other) {
      case Value.Text(String same) -> text.equals(same);
      case Value.Markup(String same) -> text.equals(same);
      default -> false;
    };
  }

  private static boolean items(List<Value> left, List<Value> right, Work work) {
    if (left.size() != right.size()) {
      return false;
    }
    work.enter();
    boolean equal = true;
    for (int i = 0; i < left.size() && equal; i++) {
      equal = equal(left.get(i), right.get(i), work);
    }
    work.leave();
    return equal;
  }

  private static boolean entries(Dict left, Dict right, Work work) {
    if (left.entries().size() != right.entries().size()) {
      return false;
    }
    work.enter();
    boolean equal = true;
    for (Map.Entry<Value, Value> entry : left.entries().entrySet()) {
      Value other = right.entries().get(entry.getKey());
      equal = equal && other != null && equal(entry.getValue(), other, work);
    }
    work.leave();
    return equal;
  }

  /**
   * Below, at or above 0 as the left value is less than, equal to or greater than the right one.
   * NaN is refused.
   *
   * @throws JinjaException where Python does not order them
   */
  public static int order(Value left, Value right, Work work) {
    work.step();
    if (isNumber(left) && isNumber(right)) {
      int order = numbers(left, right);
      if (order == UNORDERED) {
        throw new JinjaException("the order of NaN is not known");
      }
      return order;
    }
    if (left instanceof Value.Text(String a) && right instanceof Value.Text(String b)) {
      work.characters(Math.min(a.length(), b.length()));
      return codePoints(a, b);
    }
    if (left instanceof Seq a
        && right instanceof Seq b
        && a.kind() == b.kind()
        && a.kind() != Seq.Kind.RANGE) {
      return items(a, b, work);
    }
    missing(left);
    missing(right);
    throw new JinjaException(
        "values of type '%s' and '%s' have no order".formatted(left.type(), right.type()));
  }

  private static int items(Seq left, Seq right, Work work) {
    int common = Math.min(left.items().size(), right.items().size());
    for (int i = 0; i < common; i++) {
      if (!equal(left.items().get(i), right.items().get(i), work)) {
        work.enter();
        int order = order(left.items().get(i), right.items().get(i), work);
        work.leave();
        return order;
      }
    }
    return Integer.compare(left.items().size(), right.items().size());
  }

  /** By code points: Java's own order is that of UTF-16. */
  private static int codePoints(String left, String right) {
    int common = Math.min(left.length(), right.length());
    for (int i = 0; i < common; i++) {
      if (left.charAt(i) != right.charAt(i)) {
        return Integer.compare(rank(left.charAt(i)), rank(right.charAt(i)));
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  private static int rank(char c) {
    return Character.isSurrogate(c) ? c + 0x10000 : c;
  }

  /** Fails where a value is not there. */
  public static void missing(Value value) {
    if (value instanceof Value.Undefined(String what)) {
      throw new JinjaException(what);
    }
  }

  /** Whether it is a number to Python, as True and False are. */
  public static boolean isNumber(Value value) {
    return value instanceof Value.Int || value instanceof Value.Real || value instanceof Value.Bool;
  }

  private static final int UNORDERED = 2;

  private static int numbers(Value left, Value right) {
    if (left instanceof Value.Real || right instanceof Value.Real) {
      double a = real(left);
      double b = real(right);
      if (Double.isNaN(a) || Double.isNaN(b)) {
        return UNORDERED;
      }
      return Double.isInfinite(a) || Double.isInfinite(b)
          ? Double.compare(a, b)
          : exact(left).compareTo(exact(right));
    }
    return Long.compare(whole(left), whole(right));
  }

  private static BigDecimal exact(Value number) {
    return number instanceof Value.Real(double real)
        ? new BigDecimal(real)
        : BigDecimal.valueOf(whole(number));
  }

  /** A number as floating point. */
  public static double real(Value number) {
    return number instanceof Value.Real(double real) ? real : whole(number);
  }

  /** An integer, or 1 and 0 for True and False. */
  public static long whole(Value number) {
    return switch (number) {
      case Value.Int(long value) -> value;
      case Value.Bool(boolean value) -> value ? 1 : 0;
      default -> throw new JinjaException("'%s' is no integer".formatted(number.type()));
    };
  }
}
