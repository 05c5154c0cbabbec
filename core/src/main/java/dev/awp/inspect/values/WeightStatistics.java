// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.inspect.values;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.compute.Compute;
import dev.awp.inspect.StoredWeight;
import dev.awp.tensor.Matrix;
import java.util.Arrays;
import java.util.List;

/**
 * What the values of a weight look like. Sums are in float64 over the finite values.
 *
 * @param nonFinite number of NaNs and infinities
 * @param sparsity share of exact zeros
 * @param sparsestRow largest share of zeros in a row
 * @param densestRow smallest share of zeros in a row
 * @param pattern "2:4" where at most 2 of every 4 consecutive columns are not zero; empty where no
 *     such pattern is kept and used
 * @param largest max |x|
 * @param rootMeanSquare sqrt(mean x^2)
 * @param kurtosis mean x^4 / (mean x^2)^2, 3 for a normal distribution; 0 where all are zero
 * @param topColumnsEnergy share of sum x^2 that lies in the strongest 1 % of the columns, at least
 *     one; 0.01 or little more where no column stands out
 */
public record WeightStatistics(
    long nonFinite,
    double sparsity,
    double sparsestRow,
    double densestRow,
    String pattern,
    double largest,
    double rootMeanSquare,
    double kurtosis,
    double topColumnsEnergy) {

  /** Reads all values of a weight that has some. */
  static WeightStatistics of(StoredWeight weight, Compute compute) {
    int columns = weight.columns();
    List<Sums> parts = RowBlocks.walk(List.of(weight), compute, () -> new Sums(columns));
    Sums total = new Sums(columns);
    parts.forEach(total::add);
    long elements = weight.elements();
    double mean = total.squares / elements;
    return new WeightStatistics(
        total.nonFinite,
        (double) total.zeros / elements,
        (double) total.mostZeros / columns,
        (double) total.fewestZeros / columns,
        total.patterns.describe(),
        total.largest,
        Math.sqrt(mean),
        mean == 0 ? 0 : total.fourths / elements / (mean * mean),
        topShare(total.columnSquares, total.squares));
  }

  /** max |x| / rms: how far the largest value stands out. */
  public double peak() {
    return rootMeanSquare == 0 ? 0 : largest / rootMeanSquare;
  }

  private static double topShare(double[] columnSquares, double total) {
    double[] sorted = columnSquares.clone();
    Arrays.sort(sorted);
    int top = Math.ceilDiv(sorted.length, 100);
    double energy = 0;
    for (int i = sorted.length - top; i < sorted.length; i++) {
      energy += sorted[i];
    }
    return total == 0 ? 0 : energy / total;
  }

  private static final class Sums implements RowBlocks.Part {
    private final double[] columnSquares;
    private final BlockPatterns patterns = new BlockPatterns();
    private long nonFinite;
    private long zeros;
    private long mostZeros;
    private long fewestZeros = Long.MAX_VALUE;
    private double largest;
    private double squares;
    private double fourths;

    Sums(int columns) {
      this.columnSquares = new double[columns];
    }

    @Override
    public void accept(List<Matrix> rows) {
      Matrix block = rows.getFirst();
      for (int r = 0; r < block.rows(); r++) {
        addRow(block.row(r).toArray(JAVA_FLOAT));
      }
    }

    private void addRow(float[] row) {
      long zerosHere = 0;
      for (int c = 0; c < row.length; c++) {
        float x = row[c];
        if (x == 0) {
          zerosHere++;
        } else if (Float.isFinite(x)) {
          double square = (double) x * x;
          largest = Math.max(largest, Math.abs(x));
          squares += square;
          fourths += square * square;
          columnSquares[c] += square;
        } else {
          nonFinite++;
        }
      }
      zeros += zerosHere;
      mostZeros = Math.max(mostZeros, zerosHere);
      fewestZeros = Math.min(fewestZeros, zerosHere);
      patterns.add(row);
    }

    private void add(Sums other) {
      nonFinite += other.nonFinite;
      zeros += other.zeros;
      mostZeros = Math.max(mostZeros, other.mostZeros);
      fewestZeros = Math.min(fewestZeros, other.fewestZeros);
      largest = Math.max(largest, other.largest);
      squares += other.squares;
      fourths += other.fourths;
      Arrays.setAll(columnSquares, c -> columnSquares[c] + other.columnSquares[c]);
      patterns.add(other.patterns);
    }
  }
}
