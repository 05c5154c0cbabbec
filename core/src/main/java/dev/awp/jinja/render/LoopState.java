// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.render;

import dev.awp.jinja.value.Arguments;
import dev.awp.jinja.value.Callable;
import dev.awp.jinja.value.Comparisons;
import dev.awp.jinja.value.JinjaException;
import dev.awp.jinja.value.Seq;
import dev.awp.jinja.value.Special;
import dev.awp.jinja.value.Value;
import dev.awp.jinja.value.Work;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;

/**
 * Where a loop is: "loop" in a template. Items are tested when they are reached, or looked at
 * ahead, and not before: a test may depend on what the loop has set.
 */
final class LoopState implements Special {
  private final Iterator<Value> source;
  private final Predicate<Value> test;
  private final Callable recursion;
  private final int depth;
  private final Deque<Value> ahead = new ArrayDeque<>();
  private Value previous = new Value.Undefined("there is no previous item");
  private Value current = previous;
  private Value last = previous;
  private boolean seen;
  private int index = -1;

  LoopState(List<Value> items, Predicate<Value> test, Callable recursion, int depth) {
    this.source = items.iterator();
    this.test = test;
    this.recursion = recursion;
    this.depth = depth;
  }

  /** Whether there is one more item. */
  boolean hasNext() {
    while (ahead.isEmpty() && source.hasNext()) {
      pull();
    }
    return !ahead.isEmpty();
  }

  private void pull() {
    Value item = source.next();
    if (test.test(item)) {
      ahead.add(item);
    }
  }

  /** Goes to the next item. */
  Value next() {
    previous = index < 0 ? previous : current;
    current = ahead.remove();
    index++;
    return current;
  }

  private int length() {
    while (source.hasNext()) {
      pull();
    }
    return index + 1 + ahead.size();
  }

  @Override
  public String type() {
    return "loop";
  }

  @Override
  public Value attribute(String name) {
    return switch (name) {
      case "index" -> Value.of(index + 1);
      case "index0" -> Value.of(index);
      case "first" -> Value.of(index == 0);
      case "last" -> Value.of(!hasNext());
      case "length" -> Value.of(length());
      case "revindex" -> Value.of(length() - index);
      case "revindex0" -> Value.of(length() - index - 1);
      case "depth" -> Value.of(depth);
      case "depth0" -> Value.of(depth - 1);
      case "previtem" -> previous;
      case "nextitem" -> hasNext() ? ahead.peek() : new Value.Undefined("there is no next item");
      case "cycle" -> (Callable) (arguments, _) -> cycle(arguments.positional());
      case "changed" -> (Callable) (arguments, work) -> Value.of(changed(arguments, work));
      default -> new Value.Undefined("'LoopContext object' has no attribute '%s'".formatted(name));
    };
  }

  private Value cycle(List<Value> items) {
    if (items.isEmpty()) {
      throw new JinjaException("no items for cycling given");
    }
    return items.get(index % items.size());
  }

  private boolean changed(Arguments arguments, Work work) {
    Value now = new Seq(Seq.Kind.TUPLE, arguments.positional());
    boolean changed = !seen || !Comparisons.equal(now, last, work);
    seen = true;
    last = now;
    return changed;
  }

  @Override
  public Value call(Arguments arguments, Work work) {
    return recursion.call(arguments, work);
  }
}
