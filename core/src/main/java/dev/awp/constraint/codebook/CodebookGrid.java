// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.constraint.codebook;

import dev.awp.compute.Compute;
import dev.awp.constraint.GridParameters;
import dev.awp.constraint.RowProjection;
import dev.awp.constraint.RunLanes;
import dev.awp.constraint.affine.GroupNumbers;
import dev.awp.constraint.affine.ScaledGrid;
import dev.awp.constraint.affine.SharedScales;
import dev.awp.kernel.Kernels;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.SegmentAllocator;
import java.util.Optional;

/**
 * The grids of GGUF's block types whose codes name vectors of a codebook, as llama.cpp decodes them
 * (shared facts: ggml's ggml-common.h and ggml-quants.c). A block has 256 columns, a binary16
 * number d, and a scale for each group of columns: an odd number times d, times a power of two that
 * the type has. A column's value is the scale times its level in the vector, with a sign:
 *
 * <ul>
 *   <li>IQ3_S, IQ2_S: each column has a sign of its own;
 *   <li>IQ3_XXS, IQ2_XS, IQ2_XXS: of eight columns an even number is negative;
 *   <li>IQ1_S, IQ1_M: levels -1, 0 and 1 have signs already, and are shifted by 1/8 up or down: all
 *       vectors of a group alike in IQ1_S, each by itself in IQ1_M.
 * </ul>
 *
 * <p>d times an odd number times a level is exact in float32, so it does not matter in which order
 * a reader multiplies. A code outside is a column's level with sign and shift. No level is 0; a
 * block whose d is 0 holds zeros alone. The zero point of a group is its shift times -1.
 */
public enum CodebookGrid implements ScaledGrid {
  IQ3_S(Codebook.IQ3_S, Signs.FREE, 4, 32, 16, 1),
  IQ3_XXS(Codebook.IQ3_XXS, Signs.EVEN, 8, 32, 16, 0.25f),
  IQ2_S(Codebook.IQ2_S, Signs.FREE, 8, 16, 16, 0.125f),
  IQ2_XS(Codebook.IQ2_XS, Signs.EVEN, 8, 16, 16, 0.125f),
  IQ2_XXS(Codebook.IQ2_XXS, Signs.EVEN, 8, 32, 16, 0.125f),
  IQ1_S(Codebook.IQ1, Signs.SHIFT_OF_GROUP, 8, 32, 8, 1),
  IQ1_M(Codebook.IQ1, Signs.SHIFT_OF_VECTOR, 8, 16, 8, 1);

  /** How levels get their signs. */
  public enum Signs {
    /** Any. */
    FREE,
    /** An even number of a run is negative. */
    EVEN,
    /** Levels have them; those of a group are shifted alike. */
    SHIFT_OF_GROUP,
    /** Levels have them; those of a vector are shifted alike. */
    SHIFT_OF_VECTOR;

    boolean shifts() {
      return this == SHIFT_OF_GROUP || this == SHIFT_OF_VECTOR;
    }
  }

  /** By how much shifted levels are off, up or down. */
  public static final float SHIFT = 0.125f;

  /** Columns of a block. */
  public static final int BLOCK = 256;

  /** The smallest positive binary16 number. */
  private static final float SMALLEST = 0x1p-24f;

  /** Scales a step off count as neighbours. */
  private static final int SCALES = 2;

  private final Codebook codebook;
  private final Signs signs;
  private final int runLength;
  private final int groupColumns;
  private final int factors;
  private final float step;

  CodebookGrid(
      Codebook codebook, Signs signs, int runLength, int groupColumns, int factors, float step) {
    this.codebook = codebook;
    this.signs = signs;
    this.runLength = runLength;
    this.groupColumns = groupColumns;
    this.factors = factors;
    this.step = step;
  }

  /** The vectors, without signs and shifts. */
  public Codebook codebook() {
    return codebook;
  }

  /** How levels get their signs. */
  public Signs signs() {
    return signs;
  }

  @Override
  public int runLength() {
    return runLength;
  }

  /** Columns of a group; a row's last group may be shorter. */
  public int groupColumns() {
    return groupColumns;
  }

  /** The power of two that d and the odd number of a group are multiplied by. */
  public float step() {
    return step;
  }

  @Override
  public int groupSize(int columns) {
    return groupColumns;
  }

  @Override
  public int unitSize(int columns) {
    return BLOCK;
  }

  @Override
  public boolean hasZero() {
    return false;
  }

  @Override
  public boolean hasMinimums() {
    return false;
  }

  @Override
  public boolean hasNegativeScales() {
    return false;
  }

  @Override
  public DType valueType() {
    return DType.F32;
  }

  @Override
  public GridParameters.Counts numbers(int columns) {
    return new GridParameters.Counts(groups(columns), 0, Math.ceilDiv(columns, BLOCK), 0);
  }

  @Override
  public int neighbours() {
    return SCALES + (signs == Signs.SHIFT_OF_GROUP ? 1 : 0);
  }

  /** A scale one step up or down, or the other shift. */
  @Override
  public void neighbour(int index, GroupNumbers group) {
    if (index < SCALES) {
      double by = (index == 0 ? 2.0 : -2.0) * group.superScale();
      group.setScale(storableScale(group.scale() + by, group.superScale()));
    } else {
      group.setZeroPoint(-group.zeroPoint());
    }
  }

  @Override
  public float movedScale(GroupNumbers group, double by) {
    return by == 0 ? group.scale() : storableScale(group.scale() + by, group.superScale());
  }

  @Override
  public float movedMinimum(GroupNumbers group, double by) {
    return 0;
  }

  @Override
  public Optional<SharedScales> sharedScales() {
    return Optional.of(new OddScales(this));
  }

  @Override
  public double searchMultiplications() {
    double all = codebook.size();
    double columns = codebook.columns();
    return switch (signs) {
      // With the products of every two columns. Few lanes are scanned again for turned signs.
      case FREE -> all * (columns + 1) / 2;
      // A run of two vectors has three scans.
      case EVEN -> all * (columns + 1) / 2 * (runLength > columns ? 1.5 : 1);
      case SHIFT_OF_GROUP -> all;
      case SHIFT_OF_VECTOR -> 2 * all;
    };
  }

  @Override
  public long searchBytes(int lanes) {
    // The products of a codebook's columns, all of it once more for scales, and some rows of lanes.
    long terms = codebook.columns() * (codebook.columns() + 1L) / 2;
    long vectors = (signs == Signs.SHIFT_OF_VECTOR ? 2L : 1L) * codebook.size();
    long places = groupColumns / codebook.columns();
    long tables = vectors * (terms + 2L * codebook.columns() + 2 + places);
    return (tables + (terms + 2L * runLength + 8) * lanes) * Float.BYTES;
  }

  /** The largest odd number that a group's scale is a multiple of its super-scale by. */
  int mostFactor() {
    return 2 * factors - 1;
  }

  /** The storable scale of a group nearest to another; 0 where its super-scale is. */
  float storableScale(double scale, float superScale) {
    if (superScale == 0) {
      return 0;
    }
    double half = Math.rint((scale / superScale - 1) / 2);
    return (float) (2 * Math.clamp(half, 0, factors - 1) + 1) * superScale;
  }

  /** The storable super-scale, d times the type's power of two, nearest to another; not 0. */
  float storableSuperScale(double superScale) {
    float bounded = (float) Math.clamp(superScale / step, SMALLEST, 65504.0);
    return Float.float16ToFloat(Float.floatToFloat16(bounded)) * step;
  }

  @Override
  public RunLanes lanes(int columns, int lanes, Compute compute, SegmentAllocator allocator) {
    return new CodebookLanes(this, columns, lanes, compute, allocator);
  }

  @Override
  public String describe() {
    return name() + " blocks";
  }

  @Override
  public RowProjection rowProjection(Kernels kernels, int columns, SegmentAllocator allocator) {
    return new CodebookProjection(this, kernels, columns, allocator);
  }

  @Override
  public Optional<String> check(Matrix t, GridParameters parameters) {
    return CodebookCheck.check(this, t, parameters);
  }
}
