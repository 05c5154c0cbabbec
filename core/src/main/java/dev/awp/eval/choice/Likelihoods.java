// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.eval.choice;

import dev.awp.model.forward.TransformerModel;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/**
 * Log-likelihoods of continuations: sums of log p(token | all before it) over their tokens. Choices
 * of about one length go through a block together, the shorter ones padded at their ends, which no
 * token before it sees.
 */
final class Likelihoods {
  /** Rows of a group, padding included. */
  private static final int GROUP_ROWS = 2048;

  /** Hidden states of the groups that share a block's decoded weights, in bytes. */
  private static final long BATCH_BYTES = 128L << 20;

  private final TransformerModel model;
  private final List<EncodedChoice> choices;
  private final double[] sums;

  private Likelihoods(TransformerModel model, List<EncodedChoice> choices) {
    this.model = model;
    this.choices = choices;
    this.sums = new double[choices.size()];
  }

  /** Indices of choices that have one length with their padding. */
  private record Group(List<Integer> members, int length) {
    int rows() {
      return members.size() * length;
    }
  }

  /**
   * In the order of the choices.
   *
   * @param done hears how many batches are done of how many
   */
  static double[] of(
      TransformerModel model, List<EncodedChoice> choices, BiConsumer<Integer, Integer> done) {
    Likelihoods likelihoods = new Likelihoods(model, choices);
    List<List<Group>> batches = likelihoods.batches();
    for (int i = 0; i < batches.size(); i++) {
      likelihoods.run(batches.get(i));
      done.accept(i + 1, batches.size());
    }
    return likelihoods.sums;
  }

  private List<List<Group>> batches() {
    long most = BATCH_BYTES / Float.BYTES / model.layout().columns().width();
    List<List<Group>> batches = new ArrayList<>();
    long rows = most;
    for (Group group : groups()) {
      if (rows + group.rows() > most) {
        batches.add(new ArrayList<>());
        rows = 0;
      }
      batches.getLast().add(group);
      rows += group.rows();
    }
    return batches;
  }

  /** The longest first, so that what takes the most memory is known at once. */
  private List<Group> groups() {
    List<Integer> order =
        IntStream.range(0, choices.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> -choices.get(i).length()))
            .toList();
    List<Group> groups = new ArrayList<>();
    for (int from = 0; from < order.size(); ) {
      int length = choices.get(order.get(from)).length();
      int to = Math.min(order.size(), from + Math.max(1, GROUP_ROWS / length));
      groups.add(new Group(order.subList(from, to), length));
      from = to;
    }
    return groups;
  }

  private void run(List<Group> groups) {
    int rows = groups.stream().mapToInt(Group::rows).sum();
    int hidden = model.layout().columns().width();
    try (Arena arena = Arena.ofShared()) {
      Matrix x = Matrix.allocate(arena, rows, hidden);
      List<Matrix> parts = new ArrayList<>();
      int at = 0;
      for (Group group : groups) {
        Matrix part = x.rowRange(at, at + group.rows());
        embed(group, part);
        parts.add(part);
        at += group.rows();
      }
      for (int block = 0; block < model.layout().config().layers(); block++) {
        try (Arena weights = Arena.ofShared()) {
          var decoder = model.block(block, weights);
          for (int i = 0; i < groups.size(); i++) {
            decoder.forward(parts.get(i), groups.get(i).length(), LinearInputs.IGNORED);
          }
        }
      }
      for (int i = 0; i < groups.size(); i++) {
        score(groups.get(i), parts.get(i));
      }
    }
  }

  private void embed(Group group, Matrix x) {
    for (int i = 0; i < group.members().size(); i++) {
      int[] tokens = choices.get(group.members().get(i)).padded(group.length());
      model.embed(tokens, x.rowRange(i * group.length(), (i + 1) * group.length()));
    }
  }

  /** The head sees only the rows that predict tokens of continuations. */
  private void score(Group group, Matrix x) {
    int scored = group.members().stream().mapToInt(i -> choices.get(i).scored()).sum();
    int[] targets = new int[scored];
    try (Arena arena = Arena.ofShared()) {
      Matrix predicting = Matrix.allocate(arena, scored, x.columns());
      int row = 0;
      for (int i = 0; i < group.members().size(); i++) {
        EncodedChoice choice = choices.get(group.members().get(i));
        for (int place = 0; place < choice.scored(); place++, row++) {
          predicting.row(row).copyFrom(x.row(i * group.length() + choice.firstRow() + place));
          targets[row] = choice.target(place);
        }
      }
      double[] losses = model.head().negativeLogLikelihood(predicting, targets);
      row = 0;
      for (int member : group.members()) {
        for (int place = 0; place < choices.get(member).scored(); place++, row++) {
          sums[member] -= losses[row];
        }
      }
    }
  }
}
