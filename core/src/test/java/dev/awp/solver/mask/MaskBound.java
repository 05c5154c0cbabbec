// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.solver.mask;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * What no mask can beat: a lower bound of f over all masks of one row, by branch and bound on the
 * perspective relaxation (Frangioni and Gentile 2006). With C = Q + Delta, Delta diagonal and Q
 * positive semi-definite, and t the minimiser for some relaxed mask z in [0, 1],
 *
 * <pre>
 *   f(T) &gt;= w C w - t Q t - (sum of the largest (C w - Q t)_j^2 / Delta_j that the mask allows)
 * </pre>
 *
 * <p>for every T of the constraint set, whatever t is: the bound does not rest on the relaxation
 * being solved well. Columns that a node holds in the mask need no Delta. For the study of
 * docs/decisions/0012, in float64.
 */
final class MaskBound {
  private static final int REFINEMENTS = 30;

  private final int n;
  private final double[][] c;
  private final double[] delta;
  private final double[] b;
  private final int range;
  private final int[] capacity;
  private final double dense;
  private long nodes;

  /**
   * A row's problem.
   *
   * @param c positive definite
   * @param delta with C - Delta positive semi-definite, positive
   * @param range columns of an aligned range share a capacity
   * @param kept how many columns of every range stay
   */
  MaskBound(double[][] c, double[] delta, double[] w, int range, int kept) {
    this.n = w.length;
    this.c = c;
    this.delta = delta;
    this.range = range;
    this.capacity = new int[Math.ceilDiv(n, range)];
    Arrays.fill(capacity, kept);
    this.b = new double[n];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        b[i] += c[i][j] * w[j];
      }
      sum += b[i] * w[i];
    }
    this.dense = sum;
  }

  private enum State {
    FREE,
    IN,
    OUT
  }

  /** Masks that agree in some columns; no mask of them is below the bound. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Node(double bound, State[] states, double[] relaxed, int branch) {}

  long nodes() {
    return nodes;
  }

  /**
   * Searches until no mask is below share * known or the limit is reached.
   *
   * @param known f of the best mask at hand
   * @return a value that no mask is below; share * known where the search was finished
   */
  double search(double known, double share, long limit) {
    double target = share * known;
    double lowest = target;
    PriorityQueue<Node> open = new PriorityQueue<>(Comparator.comparingDouble(Node::bound));
    State[] states = new State[n];
    Arrays.fill(states, State.FREE);
    double[] relaxed = new double[n];
    Arrays.fill(relaxed, Math.min(1, capacity[0] / (double) Math.min(n, range)));
    List<Node> fresh = List.of(evaluate(0, states, relaxed, target));
    while (true) {
      for (Node node : fresh) {
        if (node.branch() < 0) {
          lowest = Math.min(lowest, node.bound());
        } else if (node.bound() < target) {
          open.add(node);
        }
      }
      if (open.isEmpty() || nodes >= limit) {
        return open.isEmpty() ? lowest : Math.min(lowest, open.peek().bound());
      }
      Node node = open.remove();
      fresh = new ArrayList<>();
      for (State state : new State[] {State.IN, State.OUT}) {
        State[] next = node.states().clone();
        next[node.branch()] = state;
        fresh.add(evaluate(node.bound(), next, node.relaxed().clone(), target));
      }
    }
  }

  /** Bounds a node; its branch is -1 where one mask is left, whose f is then the bound. */
  private Node evaluate(double parent, State[] states, double[] relaxed, double target) {
    nodes++;
    int[] left = settle(states);
    int[] some = columns(states);
    int free = 0;
    double[] z = new double[some.length];
    for (int i = 0; i < some.length; i++) {
      boolean isFree = states[some[i]] == State.FREE;
      free += isFree ? 1 : 0;
      z[i] = isFree ? Math.clamp(relaxed[some[i]], 1e-3, 1) : 1;
    }
    if (free == 0) {
      return new Node(dense - dot(some, solve(some, z)), states, relaxed, -1);
    }
    double best = parent;
    double[] t = solve(some, z);
    for (int i = 0; i < REFINEMENTS; i++) {
      if (i > 0) {
        spread(some, states, left, t, z);
        t = solve(some, z);
      }
      double upper = dense - dot(some, t);
      best = Math.max(best, bound(some, states, left, t, z));
      boolean hopeless = upper < target && i >= 6;
      if (best >= target || hopeless || upper - best < 1e-4 * upper) {
        break;
      }
    }
    return new Node(best, states, relaxed, branch(some, states, t, z, relaxed));
  }

  /** Settles columns that have no choice left; returns what each range may still take. */
  private int[] settle(State[] states) {
    int[] left = capacity.clone();
    int[] open = new int[left.length];
    for (int j = 0; j < n; j++) {
      left[j / range] -= states[j] == State.IN ? 1 : 0;
      open[j / range] += states[j] == State.FREE ? 1 : 0;
    }
    int[] after = left.clone();
    for (int j = 0; j < n; j++) {
      int r = j / range;
      if (states[j] == State.FREE && (left[r] == 0 || open[r] <= left[r])) {
        states[j] = left[r] == 0 ? State.OUT : State.IN;
        after[r] -= states[j] == State.IN ? 1 : 0;
      }
    }
    return after;
  }

  private static int[] columns(State[] states) {
    int[] some = new int[states.length];
    int count = 0;
    for (int j = 0; j < states.length; j++) {
      if (states[j] != State.OUT) {
        some[count++] = j;
      }
    }
    return Arrays.copyOf(some, count);
  }

  private double dot(int[] some, double[] t) {
    double sum = 0;
    for (int i = 0; i < some.length; i++) {
      sum += b[some[i]] * t[i];
    }
    return sum;
  }

  /** (C + Delta (1 / z - 1)) t = C w on some columns, by Cholesky. */
  private double[] solve(int[] some, double[] z) {
    int size = some.length;
    double[][] l = new double[size][size];
    double[] t = new double[size];
    for (int i = 0; i < size; i++) {
      double[] row = l[i];
      for (int j = 0; j <= i; j++) {
        double sum = c[some[i]][some[j]];
        if (i == j) {
          sum += delta[some[i]] * (1 / z[i] - 1);
        }
        for (int k = 0; k < j; k++) {
          sum -= row[k] * l[j][k];
        }
        row[j] = i == j ? Math.sqrt(sum) : sum / l[j][j];
      }
      double sum = b[some[i]];
      for (int k = 0; k < i; k++) {
        sum -= row[k] * t[k];
      }
      t[i] = sum / row[i];
    }
    for (int i = size - 1; i >= 0; i--) {
      for (int k = i + 1; k < size; k++) {
        t[i] -= l[k][i] * t[k];
      }
      t[i] /= l[i][i];
    }
    return t;
  }

  /** The z of the least penalty sum Delta t^2 / z: in each range in proportion to |t| Delta^.5. */
  private void spread(int[] some, State[] states, int[] left, double[] t, double[] z) {
    for (int r = 0; r < left.length; r++) {
      Integer[] members = members(some, states, r);
      double[] score = new double[some.length];
      double total = 0;
      for (int i : members) {
        score[i] = Math.abs(t[i]) * Math.sqrt(delta[some[i]]);
        total += score[i];
      }
      Arrays.sort(members, Comparator.comparingDouble(i -> -score[i]));
      int full = 0;
      while (full < left[r] && score[members[full]] * (left[r] - full) >= total) {
        total -= score[members[full++]];
      }
      for (int i = 0; i < members.length; i++) {
        double share = total > 0 ? score[members[i]] * (left[r] - full) / total : 0;
        z[members[i]] = i < full ? 1 : Math.clamp(share, 1e-9, 1);
      }
    }
  }

  private Integer[] members(int[] some, State[] states, int r) {
    List<Integer> members = new ArrayList<>();
    for (int i = 0; i < some.length; i++) {
      if (some[i] / range == r && states[some[i]] == State.FREE) {
        members.add(i);
      }
    }
    return members.toArray(Integer[]::new);
  }

  /** The bound at t, where C w - Q t is Delta t / z in free columns and zero in those held in. */
  private double bound(int[] some, State[] states, int[] left, double[] t, double[] z) {
    double penalty = 0;
    double[] gain = new double[some.length];
    for (int i = 0; i < some.length; i++) {
      if (states[some[i]] == State.FREE) {
        penalty += delta[some[i]] * t[i] * t[i] / z[i];
        gain[i] = delta[some[i]] * t[i] * t[i] / (z[i] * z[i]);
      }
    }
    double most = 0;
    for (int r = 0; r < left.length; r++) {
      Integer[] members = members(some, states, r);
      Arrays.sort(members, Comparator.comparingDouble(i -> -gain[i]));
      for (int i = 0; i < Math.min(left[r], members.length); i++) {
        most += gain[members[i]];
      }
    }
    return dense - (dot(some, t) - penalty) - most;
  }

  /** The free column whose place is least clear and matters most. */
  private int branch(int[] some, State[] states, double[] t, double[] z, double[] relaxed) {
    int branch = -1;
    double most = -1;
    for (int i = 0; i < some.length; i++) {
      if (states[some[i]] == State.FREE) {
        relaxed[some[i]] = z[i];
        double unclear = 0.5 - Math.abs(z[i] - 0.5);
        double weight = unclear * Math.sqrt(delta[some[i]]) * Math.abs(t[i]) / Math.max(z[i], 0.05);
        if (weight > most) {
          most = weight;
          branch = some[i];
        }
      }
    }
    return branch;
  }
}
