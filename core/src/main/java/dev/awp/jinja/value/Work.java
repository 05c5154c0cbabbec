// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.jinja.value;

/**
 * What one rendering has done so far, and where it is. Whoever makes something counts it here: a
 * template that would go on without end, nest without end or grow without end is refused.
 */
public final class Work {
  /** How many steps a rendering may take: some seconds of them. */
  public static final long STEPS = 10_000_000;

  private static final int CHARACTERS_PER_STEP = 8;
  private static final int LONGEST = 1 << 25;
  private static final int DEEPEST = 400;

  private final long most;
  private long steps;
  private int depth;
  private int line = 1;

  /** Work of so many steps at most. */
  public Work(long most) {
    this.most = most;
  }

  /** Says which line of the template is worked on. */
  public void at(int newLine) {
    line = newLine;
  }

  public int line() {
    return line;
  }

  /** Counts one step. */
  public void step() {
    steps(1);
  }

  /** Counts several steps. */
  public void steps(long count) {
    steps += count;
    if (steps > most) {
      throw new JinjaException("the template takes more than %s steps".formatted(most));
    }
  }

  /** Counts the making of a text; refuses too long a one before it is made. */
  public void characters(long count) {
    grow(0, count);
  }

  /** Counts what is added to a text of a length. */
  public void grow(long length, long added) {
    if (length + added > LONGEST) {
      throw new JinjaException("a text of more than %s characters arises".formatted(LONGEST));
    }
    steps(1 + added / CHARACTERS_PER_STEP);
  }

  /** Goes one level deeper. */
  public void enter() {
    depth++;
    if (depth > DEEPEST) {
      throw new JinjaException(
          "calls or values are nested more than %s levels deep".formatted(DEEPEST));
    }
  }

  public void leave() {
    depth--;
  }
}
