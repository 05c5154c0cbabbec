// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.function;

import dev.awp.jinja.value.Comparisons;
import dev.awp.jinja.value.Dict;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Operators, as Python has them. Integers that leave 64 bits are refused. */
public final class Arithmetic {
  private static final long EXACT = 1L << 53;

  private Arithmetic() {}

  /** The result of a binary operator. */
  public static Value binary(String operator, Value left, Value right, Work work) {
    Comparisons.missing(left);
    if (operator.equals("%") && left instanceof Value.Text(String format)) {
      return Value.of(PercentFormat.of(format, right, work));
    }
    Comparisons.missing(right);
    if (Comparisons.isNumber(left) && Comparisons.isNumber(right)) {
      return numbers(operator, left, right);
    }
    return switch (operator) {
      case "+" -> sum(left, right, work);
      case "*" -> {
        boolean first = Comparisons.isNumber(left);
        yield repeated(first ? right : left, first ? left : right, work);
      }
      default -> throw unsupported(operator, left, right);
    };
  }

  private static JinjaException unsupported(String operator, Value left, Value right) {
    return new JinjaException(
        "unsupported operand types for %s: '%s' and '%s'"
            .formatted(operator, left.type(), right.type()));
  }

  private static Value sum(Value left, Value right, Work work) {
    if (left instanceof Value.Text(String a) && right instanceof Value.Text(String b)) {
      work.characters((long) a.length() + b.length());
      return Value.of(a + b);
    }
    if (left instanceof Seq a
        && right instanceof Seq b
        && a.kind() == b.kind()
        && a.kind() != Seq.Kind.RANGE) {
      work.steps(1L + a.items().size() + b.items().size());
      List<Value> items = new ArrayList<>(a.items());
      items.addAll(b.items());
      return new Seq(a.kind(), items);
    }
    throw unsupported("+", left, right);
  }

  private static Value repeated(Value value, Value count, Work work) {
    if (count instanceof Value.Int || count instanceof Value.Bool) {
      long times = Math.clamp(Comparisons.whole(count), 0, 1L << 30);
      if (value instanceof Value.Text(String text)) {
        work.characters(text.length() * times);
        return Value.of(text.repeat((int) times));
      }
      if (value instanceof Seq seq && seq.kind() != Seq.Kind.RANGE) {
        work.steps(1 + seq.items().size() * times);
        List<Value> items = new ArrayList<>();
        Collections.nCopies(seq.items().isEmpty() ? 0 : (int) times, seq.items())
            .forEach(items::addAll);
        return new Seq(seq.kind(), items);
      }
    }
    throw unsupported("*", value, count);
  }

  private static Value numbers(String operator, Value left, Value right) {
    boolean real = left instanceof Value.Real || right instanceof Value.Real;
    if (operator.equals("/")) {
      return quotient(left, right);
    }
    if (real) {
      return Value.of(reals(operator, Comparisons.real(left), Comparisons.real(right)));
    }
    try {
      return Value.of(wholes(operator, Comparisons.whole(left), Comparisons.whole(right)));
    } catch (ArithmeticException e) {
      throw new JinjaException("an integer of more than 64 bits arises by " + operator);
    }
  }

  private static Value quotient(Value left, Value right) {
    double divisor = Comparisons.real(right);
    zero(divisor == 0);
    for (Value part : List.of(left, right)) {
      if (!(part instanceof Value.Real) && Math.abs(Comparisons.real(part)) > EXACT) {
        throw new JinjaException("the quotient of integers above 2 to the 53 is not known");
      }
    }
    return Value.of(Comparisons.real(left) / divisor);
  }

  private static void zero(boolean divides) {
    if (divides) {
      throw new JinjaException("division by zero");
    }
  }

  private static long wholes(String operator, long left, long right) {
    return switch (operator) {
      case "+" -> Math.addExact(left, right);
      case "-" -> Math.subtractExact(left, right);
      case "*" -> Math.multiplyExact(left, right);
      case "//" -> {
        zero(right == 0);
        yield Math.floorDivExact(left, right);
      }
      case "%" -> {
        zero(right == 0);
        yield Math.floorMod(left, right);
      }
      default -> power(left, right);
    };
  }

  private static long power(long base, long exponent) {
    if (exponent < 0) {
      throw new JinjaException("a negative exponent is not known");
    }
    long result = 1;
    long square = base;
    for (long left = exponent; left > 0; left >>= 1) {
      result = (left & 1) == 1 ? Math.multiplyExact(result, square) : result;
      square = left > 1 ? Math.multiplyExact(square, square) : square;
    }
    return result;
  }

  private static double reals(String operator, double left, double right) {
    return switch (operator) {
      case "+" -> left + right;
      case "-" -> left - right;
      case "*" -> left * right;
      case "//", "%" -> {
        zero(right == 0);
        yield divided(left, right, operator.equals("%"));
      }
      default -> throw new JinjaException("a power of floating-point numbers is not known");
    };
  }

  /** Towards negative infinity; the rest has the sign of the divisor. */
  private static double divided(double left, double right, boolean rest) {
    double mod = left % right;
    double div = (left - mod) / right;
    if (mod != 0 && (right < 0) != (mod < 0)) {
      mod += right;
      div -= 1;
    } else if (mod == 0) {
      mod = Math.copySign(0.0, right);
    }
    if (rest) {
      return mod;
    }
    if (div == 0) {
      return Math.copySign(0.0, left / right);
    }
    double floor = Math.floor(div);
    return div - floor > 0.5 ? floor + 1 : floor;
  }

  /** -value or +value. */
  public static Value signed(Value value, boolean minus) {
    Comparisons.missing(value);
    return switch (value) {
      case Value.Real(double number) -> Value.of(minus ? -number : number);
      case Value.Int(long number) when number != Long.MIN_VALUE ->
          Value.of(minus ? -number : number);
      case Value.Bool(boolean flag) -> Value.of((flag ? 1L : 0L) * (minus ? -1 : 1));
      default ->
          throw new JinjaException("bad operand type for a sign: '%s'".formatted(value.type()));
    };
  }

  /** The result of a comparison. */
  public static boolean compare(String operator, Value left, Value right, Work work) {
    return switch (operator) {
      case "==" -> Comparisons.equal(left, right, work);
      case "!=" -> !Comparisons.equal(left, right, work);
      case "<" -> Comparisons.order(left, right, work) < 0;
      case "<=" -> Comparisons.order(left, right, work) <= 0;
      case ">" -> Comparisons.order(left, right, work) > 0;
      case ">=" -> Comparisons.order(left, right, work) >= 0;
      case "in" -> contains(right, left, work);
      default -> !contains(right, left, work);
    };
  }

  private static boolean contains(Value container, Value value, Work work) {
    if (container instanceof Value.Text(String text)) {
      if (value instanceof Value.Text(String part)) {
        work.characters(text.length());
        return text.contains(part);
      }
      Comparisons.missing(value);
      throw new JinjaException("'in <string>' requires string, not '%s'".formatted(value.type()));
    }
    if (container instanceof Dict dict) {
      return Attributes.entry(dict, value).isPresent();
    }
    for (Value item : Sequences.items(container, work)) {
      if (Comparisons.equal(item, value, work)) {
        return true;
      }
    }
    return false;
  }
}
