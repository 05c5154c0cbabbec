// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.plan;

import dev.awp.compress.ConstraintOptions;
import dev.awp.model.LinearLayer;
import dev.awp.solver.Solver;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What becomes of every linear layer, decided before the first one is solved: a constraint and a
 * solver, or nothing. Layers that are left alone are copied.
 */
public final class Schemes {
  /** Nothing is compressed. */
  public static final Schemes NONE = new Schemes(Map.of());

  private final Map<LinearLayer, Scheme> schemes;

  /** How a layer is compressed. */
  public record Scheme(ConstraintOptions constraint, Solver solver) {}

  private Schemes(Map<LinearLayer, Scheme> schemes) {
    this.schemes = schemes;
  }

  /**
   * Decides for every layer.
   *
   * @param layers in the order in which data flows through them
   * @param choose empty for a layer that is left alone
   */
  public static Schemes of(
      Collection<LinearLayer> layers, Function<LinearLayer, Optional<Scheme>> choose) {
    Map<LinearLayer, Scheme> schemes = new LinkedHashMap<>();
    for (LinearLayer layer : layers) {
      choose.apply(layer).ifPresent(scheme -> schemes.put(layer, scheme));
    }
    return new Schemes(schemes);
  }

  /** One scheme for all. */
  public static Schemes uniform(
      Collection<LinearLayer> layers, ConstraintOptions constraint, Solver solver) {
    Scheme scheme = new Scheme(constraint, solver);
    return of(layers, layer -> Optional.of(scheme));
  }

  /** The layers that are compressed, in the order in which data flows through them. */
  public List<LinearLayer> layers() {
    return List.copyOf(schemes.keySet());
  }

  /** Those of a block. */
  public List<LinearLayer> layers(int block) {
    return schemes.keySet().stream().filter(layer -> layer.block() == block).toList();
  }

  /** The scheme of one of {@link #layers()}. */
  public Scheme scheme(LinearLayer layer) {
    Scheme scheme = schemes.get(layer);
    if (scheme == null) {
      throw new IllegalArgumentException(layer.name() + " is left alone");
    }
    return scheme;
  }
}
