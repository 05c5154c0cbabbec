// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.affine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.awp.constraint.ScaleFit;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A unit's super-scale and super-minimum on trial, with the integers of its groups fixed: values go
 * with the codes times the integers of the scales, and with those of the minimums times -1.
 */
final class UnitTrial implements ScaleFit.Trial {
  private final ScaledLanes fits;
  private final SharedScales rounding;
  private final Arena arena;
  private final int start;
  private final int unit;
  private final int first;
  private final Matrix factors;
  private final Matrix least;
  private final Matrix scales;
  private final Matrix minimums;
  private final MemorySegment superScales;
  private final MemorySegment superMinimums;

  UnitTrial(ScaledLanes fits, int column, SharedScales rounding, Arena arena) {
    this.fits = fits;
    this.rounding = rounding;
    this.arena = arena;
    this.start = column;
    this.unit = fits.unit(column);
    this.first = fits.group(column);
    int groups = fits.group(fits.unitEnd(column) - 1) + 1 - first;
    int lanes = fits.lanes();
    int minimumRows = fits.grid().hasMinimums() ? groups : 0;
    this.factors = Matrix.allocate(arena, groups, lanes);
    this.least = Matrix.allocate(arena, minimumRows, lanes);
    this.scales = Matrix.allocate(arena, groups, lanes);
    this.minimums = Matrix.allocate(arena, minimumRows, lanes);
    this.superScales = arena.allocate(JAVA_FLOAT, lanes);
    this.superMinimums = arena.allocate(JAVA_FLOAT, lanes);
    divide(fits.scales(), fits.superScales().row(unit), factors);
    if (minimumRows > 0) {
      divide(fits.minimums(), fits.superMinimums().row(unit), least);
    }
  }

  /** What numbers are multiples of others; 0 of 0. */
  private void divide(Matrix multiples, MemorySegment units, Matrix into) {
    for (int k = 0; k < into.rows(); k++) {
      for (int i = 0; i < fits.lanes(); i++) {
        float of = units.getAtIndex(JAVA_FLOAT, i);
        into.set(k, i, of == 0 ? 0 : multiples.get(first + k, i) / of);
      }
    }
  }

  @Override
  public Matrix scaleSlopes(Matrix codes) {
    Matrix a = Matrix.allocate(arena, codes.rows(), fits.lanes());
    for (int j = 0; j < codes.rows(); j++) {
      fits.multiply(codes.row(j), factors.row(fits.group(start + j) - first), a.row(j));
    }
    return a;
  }

  @Override
  public Matrix minimumSlopes(Matrix codes) {
    Matrix b = Matrix.allocate(arena, least.rows() == 0 ? 0 : codes.rows(), fits.lanes());
    for (int j = 0; j < b.rows(); j++) {
      b.row(j).copyFrom(least.row(fits.group(start + j) - first));
    }
    return b;
  }

  @Override
  public void move(double[] scaleSteps, double[] minimumSteps) {
    for (int i = 0; i < fits.lanes(); i++) {
      float superScale = fits.superScales().get(unit, i);
      if (scaleSteps[i] != 0) {
        superScale = rounding.storableSuperScale(superScale + scaleSteps[i]);
      }
      superScales.setAtIndex(JAVA_FLOAT, i, superScale);
      for (int k = 0; k < scales.rows(); k++) {
        scales.set(k, i, factors.get(k, i) * superScale);
      }
      if (least.rows() > 0) {
        float old = fits.superMinimums().get(unit, i);
        float superMinimum = rounding.storableSuperMinimum(old + minimumSteps[i]);
        superMinimums.setAtIndex(JAVA_FLOAT, i, superMinimum);
        for (int k = 0; k < minimums.rows(); k++) {
          minimums.set(k, i, least.get(k, i) * superMinimum + 0f);
        }
      }
    }
  }

  @Override
  public void values(int column, MemorySegment codes, MemorySegment out) {
    int k = fits.group(column) - first;
    fits.values(codes, scales.row(k), minimums.rows() == 0 ? superMinimums : minimums.row(k), out);
  }

  @Override
  public void accept(int lane) {
    for (int k = 0; k < scales.rows(); k++) {
      fits.scales().set(first + k, lane, scales.get(k, lane));
    }
    for (int k = 0; k < minimums.rows(); k++) {
      fits.minimums().set(first + k, lane, minimums.get(k, lane));
    }
    fits.superScales().set(unit, lane, superScales.getAtIndex(JAVA_FLOAT, lane));
    if (minimums.rows() > 0) {
      fits.superMinimums().set(unit, lane, superMinimums.getAtIndex(JAVA_FLOAT, lane));
    }
  }
}
