// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import dev.awp.AwpException;
import dev.awp.calibration.CrossMoment;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.SeenInputs;
import dev.awp.calibration.SiteMoments;
import dev.awp.compute.Compute;
import dev.awp.model.InputSite;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The second moments of a model's linear inputs under its own, uncompressed weights, in a file:
 * runs that share them solve the same problems, and calibrate once.
 */
public final class SavedMoments {
  private final Path file;
  private final MomentsIdentity identity;
  private final Map<String, TensorView> views;
  private final Compute compute;

  private SavedMoments(
      Path file, MomentsIdentity identity, Map<String, TensorView> views, Compute compute) {
    this.file = file;
    this.identity = identity;
    this.views = views;
    this.compute = compute;
  }

  public static boolean exist(Path folder) {
    return Files.exists(file(folder));
  }

  /** The file in a folder of moments. */
  public static Path file(Path folder) {
    return MomentsFile.in(folder);
  }

  /**
   * What the moments in a folder were taken of.
   *
   * @throws AwpException for a file of another kind or version
   */
  public static MomentsIdentity identity(Path folder) {
    return MomentsIdentity.of(file(folder), SafetensorsFile.metadata(file(folder)));
  }

  /**
   * Opens the moments in a folder, whatever they were taken of. The arena owns the map.
   *
   * @throws AwpException for a file of another kind or version
   */
  public static SavedMoments open(Path folder, Compute compute, Arena arena) {
    MomentsIdentity identity = identity(folder);
    Map<String, TensorView> views =
        SafetensorsFile.map(file(folder), arena).stream()
            .collect(Collectors.toMap(TensorView::name, Function.identity()));
    return new SavedMoments(file(folder), identity, views, compute);
  }

  /**
   * Opens the moments in a folder. The arena owns the map.
   *
   * @param wanted what they have to have been taken of
   * @throws AwpException where they were not, with the difference
   */
  public static SavedMoments open(
      Path folder, MomentsIdentity wanted, Compute compute, Arena arena) {
    SavedMoments moments = open(folder, compute, arena);
    moments
        .identity
        .differenceFrom(wanted)
        .ifPresent(
            difference -> {
              throw new AwpException(moments.file + ": the moments are " + difference);
            });
    return moments;
  }

  /** The moments of a block's sites, or of the head's, which is the block behind the last. */
  public SiteMoments block(int index) {
    return new OfBlock(index);
  }

  /** Whether there are moments of a site of a block, or of the head. */
  public boolean has(int block, InputSite site) {
    return views.containsKey(MomentsFile.name(block, site));
  }

  private final class OfBlock implements SiteMoments {
    private final int index;

    private OfBlock(int index) {
      this.index = index;
    }

    @Override
    public SeenInputs inputs(InputSite site) {
      String name = MomentsFile.name(index, site);
      return new SeenInputs(tokens(name), seesEveryToken(name), identity.precision());
    }

    @Override
    public Matrix finish(InputSite site, String what, Arena arena) {
      String name = MomentsFile.name(index, site);
      try (SecondMoment moment = new SecondMoment(columns(name), compute)) {
        addTo(moment, name);
        return moment.finish(what, arena);
      }
    }

    @Override
    public Optional<CrossMoment> takeDrift(InputSite site) {
      return Optional.empty();
    }

    @Override
    public Optional<CrossMoment> takeResidual(InputSite site) {
      return Optional.empty();
    }
  }

  MomentsIdentity identity() {
    return identity;
  }

  Path file() {
    return file;
  }

  /** Every site's columns, by its name. */
  SortedMap<String, Integer> columns() {
    SortedMap<String, Integer> columns = new TreeMap<>();
    views.keySet().stream()
        .filter(name -> views.containsKey(MomentsFile.count(name)))
        .forEach(name -> columns.put(name, columns(name)));
    return columns;
  }

  private int columns(String site) {
    long elements = view(site, DType.F64).spec().elements();
    int columns = (int) Math.sqrt(2.0 * elements);
    if (SecondMoment.rowStart(columns) != elements) {
      throw new AwpException(
          "%s: %s has %s elements, which are no triangle".formatted(file, site, elements));
    }
    return columns;
  }

  long tokens(String site) {
    return count(site).get(MomentsFile.COUNT, 0);
  }

  boolean seesEveryToken(String site) {
    return count(site).get(MomentsFile.COUNT, Long.BYTES) != 0;
  }

  private MemorySegment count(String site) {
    return small(MomentsFile.count(site), DType.I64, 2);
  }

  /** A copy of a tensor of 64-bit elements. */
  private MemorySegment small(String name, DType dtype, int elements) {
    TensorView view = view(name, dtype);
    if (!view.shape().equals(List.of((long) elements))) {
      throw new AwpException(
          "%s: %s has shape %s, not [%s]".formatted(file, name, view.shape(), elements));
    }
    MemorySegment copy = MemorySegment.ofArray(new long[elements]);
    view.checkPresent();
    view.copyTo(0, copy);
    return copy;
  }

  /** Adds the sums of a site to others. */
  void addTo(SecondMoment moment, String site) {
    TensorView view = view(site, DType.F64);
    double weight = small(MomentsFile.weight(site), DType.F64, 1).get(MomentsFile.SUM, 0);
    view.checkPresent();
    moment.addSums(
        (row, into) -> view.copyTo(SecondMoment.rowStart(row) * Double.BYTES, into),
        tokens(site),
        weight);
    view.release();
  }

  private TensorView view(String name, DType dtype) {
    TensorView view = views.get(name);
    if (view == null || view.dtype() != dtype) {
      throw new AwpException("%s: there is no %s of type %s".formatted(file, name, dtype));
    }
    return view;
  }
}
