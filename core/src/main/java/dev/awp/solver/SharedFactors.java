// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver;

import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What was decomposed of one second moment, kept for the other layers that have the same inputs (q,
 * k and v; gate and up), as far as memory allows. Solutions are the same with and without. For the
 * coordinating thread.
 */
public final class SharedFactors implements AutoCloseable {
  private static final SharedFactors NONE = new SharedFactors(Optional.empty(), 0);

  private final Optional<Arena> arena;
  private final Map<Object, Object> kept = new HashMap<>();
  private long budget;

  private SharedFactors(Optional<Arena> arena, long budget) {
    this.arena = arena;
    this.budget = budget;
  }

  /** For a layer that shares its inputs with no other: keeps nothing. */
  public static SharedFactors none() {
    return NONE;
  }

  /** Keeps up to so many bytes, until it is closed. */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close()
  public static SharedFactors of(long budget) {
    return new SharedFactors(Optional.of(Arena.ofShared()), budget);
  }

  /**
   * The factor of that name, made now if it is not there.
   *
   * @param name of any type with equality; the same factor of the same C under the same name
   * @param type of the factor
   * @param bytes that it takes
   * @param make makes it in the memory that it is given
   * @param own memory for it where it is not kept
   */
  public <T> T get(
      Object name,
      Class<T> type,
      long bytes,
      Function<SegmentAllocator, T> make,
      SegmentAllocator own) {
    Object known = kept.get(name);
    if (known != null) {
      return type.cast(known);
    }
    if (arena.isEmpty() || bytes > budget) {
      return make.apply(own);
    }
    T made = make.apply(arena.get());
    budget -= bytes;
    kept.put(name, made);
    return made;
  }

  /** Whether the factor of that name is kept: others will read it. */
  public boolean keeps(Object name) {
    return kept.containsKey(name);
  }

  @Override
  public void close() {
    kept.clear();
    arena.ifPresent(Arena::close);
  }
}
