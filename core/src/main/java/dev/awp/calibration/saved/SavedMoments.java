// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import dev.awp.AwpException;
import dev.awp.calibration.CrossMoment;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.SeenInputs;
import dev.awp.calibration.SiteMoments;
import dev.awp.calibration.saved.MomentsManifest.FileSum;
import dev.awp.calibration.saved.MomentsManifest.Kind;
import dev.awp.compute.Compute;
import dev.awp.disk.Sha256;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.safetensors.SafetensorsFile;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The second moments of a model's linear inputs under its own, uncompressed weights, in a folder:
 * runs that share them solve the same problems, and calibrate once. Files are mapped, and the
 * checksum of each is looked at before the first of its moments is taken. Not for use by several
 * threads at once.
 */
public final class SavedMoments {
  private final Path folder;
  private final MomentsManifest manifest;
  private final Map<String, TensorView> views;
  private final Compute compute;
  private final Set<Path> checked = new HashSet<>();

  private SavedMoments(
      Path folder, MomentsManifest manifest, Map<String, TensorView> views, Compute compute) {
    this.folder = folder;
    this.manifest = manifest;
    this.views = views;
    this.compute = compute;
  }

  /**
   * Opens the moments in a folder, whatever they were taken of. The arena owns the maps.
   *
   * @throws AwpException for a folder of another kind or version, and where a file is missing or of
   *     another size
   */
  public static SavedMoments open(Path folder, Compute compute, Arena arena) {
    return open(folder, MomentsManifest.read(folder), compute, arena);
  }

  /** The same of a manifest that has been read. */
  public static SavedMoments open(
      Path folder, MomentsManifest manifest, Compute compute, Arena arena) {
    Map<String, TensorView> views = new HashMap<>();
    manifest
        .files()
        .forEach(
            (name, sum) -> {
              Path file = folder.resolve(name);
              checkSize(file, sum);
              SafetensorsFile.map(file, arena).forEach(view -> views.put(view.name(), view));
            });
    return new SavedMoments(folder, manifest, views, compute);
  }

  private static void checkSize(Path file, FileSum sum) {
    try {
      if (!Files.exists(file)) {
        throw new AwpException(file + ": the file is missing");
      }
      if (Files.size(file) != sum.bytes()) {
        throw new AwpException(
            "%s: has %s bytes, %s says %s"
                .formatted(file, Files.size(file), MomentsManifest.NAME, sum.bytes()));
      }
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Opens the moments in a folder. The arena owns the maps.
   *
   * @param wanted what they have to have been taken of
   * @throws AwpException where they were not, with the difference
   */
  public static SavedMoments open(
      Path folder, MomentsIdentity wanted, Compute compute, Arena arena) {
    SavedMoments moments = open(folder, compute, arena);
    moments.check(wanted);
    return moments;
  }

  /** Refuses moments that were taken of something else than what is wanted. */
  public void check(MomentsIdentity wanted) {
    identity()
        .differenceFrom(wanted)
        .ifPresent(
            difference -> {
              throw new AwpException(folder + ": the moments are " + difference);
            });
  }

  /** Refuses moments of another model; of its texts and windows nothing is asked. */
  public void checkModel(String model) {
    check(
        new MomentsIdentity(
            model, identity().length(), identity().precision(), identity().windows()));
  }

  /** Refuses to go without the moments of a layer's inputs. */
  public void checkHas(LinearLayer layer) {
    String site = MomentsFile.name(layer.block(), layer.site());
    if (!views.containsKey(site)) {
      throw new AwpException(
          "%s: there are no moments of the inputs of %s (%s)"
              .formatted(folder, layer.name(), site));
    }
    if (columns(site) != layer.columns()) {
      throw new AwpException(
          "%s: %s is of %s inputs, %s has %s"
              .formatted(folder, site, columns(site), layer.name(), layer.columns()));
    }
  }

  /** What the moments of a site of a block, or of the head, are called. */
  public static String name(int block, InputSite site) {
    return MomentsFile.name(block, site);
  }

  /** Whether there are moments of a layer's inputs. */
  public boolean has(LinearLayer layer) {
    return views.containsKey(name(layer.block(), layer.site()));
  }

  /** The moments of a block's sites, or of the head's, which is the block behind the last. */
  public SiteMoments block(int index) {
    return new OfBlock(index);
  }

  private final class OfBlock implements SiteMoments {
    private final int index;

    private OfBlock(int index) {
      this.index = index;
    }

    @Override
    public SeenInputs inputs(InputSite site) {
      String name = MomentsFile.name(index, site);
      return new SeenInputs(tokens(name), seesEveryToken(name), identity().precision());
    }

    @Override
    public Matrix finish(InputSite site, String what, Arena arena) {
      String name = MomentsFile.name(index, site);
      if (manifest.kind() == Kind.DIAGONALS) {
        return diagonal(name, arena);
      }
      try (SecondMoment moment = new SecondMoment(columns(name), compute)) {
        var _ = addTo(moment, name);
        return moment.finish(what, arena);
      }
    }

    @Override
    public Optional<CrossMoment> takeDrift(InputSite site) {
      return Optional.empty();
    }

    @Override
    public Optional<SecondMoment> takeDrifted(InputSite site) {
      return Optional.empty();
    }

    @Override
    public Optional<CrossMoment> takeResidual(InputSite site) {
      return Optional.empty();
    }
  }

  public MomentsManifest manifest() {
    return manifest;
  }

  public MomentsIdentity identity() {
    return manifest.identity();
  }

  Path folder() {
    return folder;
  }

  /** Every site's columns, by its name. */
  public SortedMap<String, Integer> columns() {
    SortedMap<String, Integer> columns = new TreeMap<>();
    views.keySet().stream()
        .filter(name -> views.containsKey(MomentsFile.count(name)))
        .forEach(name -> columns.put(name, columns(name)));
    return columns;
  }

  private int columns(String site) {
    TensorView view = known(site, DType.F64);
    long elements = view.spec().elements();
    if (manifest.kind() == Kind.DIAGONALS) {
      return Math.toIntExact(elements);
    }
    int columns = (int) Math.sqrt(2.0 * elements);
    if (SecondMoment.rowStart(columns) != elements) {
      throw new AwpException(
          "%s: %s has %s elements, which are no triangle".formatted(view.file(), site, elements));
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

  private double weight(String site) {
    return small(MomentsFile.weight(site), DType.F64, 1).get(MomentsFile.SUM, 0);
  }

  /** A copy of a tensor of 64-bit elements. */
  private MemorySegment small(String name, DType dtype, int elements) {
    TensorView view = view(name, dtype);
    if (!view.shape().equals(List.of((long) elements))) {
      throw new AwpException(
          "%s: %s has shape %s, not [%s]".formatted(view.file(), name, view.shape(), elements));
    }
    MemorySegment copy = MemorySegment.ofArray(new long[elements]);
    view.checkPresent();
    view.copyTo(0, copy);
    return copy;
  }

  /**
   * Adds the sums of a site to others.
   *
   * @return how many of the additions were rounded
   */
  long addTo(SecondMoment moment, String site) {
    TensorView view = view(site, DType.F64);
    double weight = weight(site);
    view.checkPresent();
    long rounded =
        moment.addSums(
            (row, into) -> view.copyTo(SecondMoment.rowStart(row) * Double.BYTES, into),
            tokens(site),
            weight);
    view.release();
    return rounded;
  }

  /** C of a site of which only the diagonal is known. */
  private Matrix diagonal(String site, Arena arena) {
    double[] mean = meanSquares(site);
    Matrix c = Matrix.allocate(arena, mean.length, mean.length);
    for (int i = 0; i < mean.length; i++) {
      c.set(i, i, (float) mean[i]);
    }
    return c;
  }

  /** The diagonal of C: the mean square of each of a site's inputs. */
  public double[] meanSquares(String site) {
    TensorView view = view(site, DType.F64);
    double weight = weight(site);
    double[] mean = new double[columns(site)];
    MemorySegment one = MemorySegment.ofArray(new double[1]);
    view.checkPresent();
    for (int i = 0; i < mean.length; i++) {
      long at = manifest.kind() == Kind.DIAGONALS ? i : SecondMoment.rowStart(i) + i;
      view.copyTo(at * Double.BYTES, one);
      mean[i] = one.get(MomentsFile.SUM, 0) / weight;
    }
    return mean;
  }

  /** Tokens that the sums of a site of a block are of, those of weight 0 aside. */
  public long tokens(int block, InputSite site) {
    return tokens(MomentsFile.name(block, site));
  }

  /** The diagonal of C of a site of a block. */
  public double[] meanSquares(int block, InputSite site) {
    return meanSquares(MomentsFile.name(block, site));
  }

  /** A tensor of a file whose checksum is right. */
  private TensorView view(String name, DType dtype) {
    TensorView view = known(name, dtype);
    check(view.file());
    return view;
  }

  private TensorView known(String name, DType dtype) {
    TensorView view = views.get(name);
    if (view == null || view.dtype() != dtype) {
      throw new AwpException("%s: there is no %s of type %s".formatted(folder, name, dtype));
    }
    return view;
  }

  /** Looks at the checksum of a file, once. */
  private void check(Path file) {
    if (checked.add(file)) {
      FileSum expected = manifest.files().get(file.getFileName().toString());
      if (!Sha256.of(file).equals(expected.sha256())) {
        throw new AwpException(
            "%s: is not what %s says: the checksum differs".formatted(file, MomentsManifest.NAME));
      }
    }
  }
}
