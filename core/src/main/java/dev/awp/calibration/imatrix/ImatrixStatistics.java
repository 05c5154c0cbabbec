// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.imatrix;

import dev.awp.AwpException;
import dev.awp.calibration.imatrix.Imatrix.Entry;
import dev.awp.calibration.saved.DenseMoments;
import dev.awp.calibration.saved.MomentsIdentity;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.calibration.saved.MomentsManifest.Kind;
import dev.awp.calibration.saved.MomentsWriter;
import dev.awp.calibration.saved.MomentsWriter.BlockFile;
import dev.awp.calibration.saved.SavedMoments;
import dev.awp.calibration.saved.WindowRange;
import dev.awp.disk.Sha256;
import dev.awp.gguf.file.GgufPlace;
import dev.awp.gguf.model.GgufForms;
import dev.awp.gguf.tensor.RowOrder;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Saved moments as importance matrices, and back. An importance matrix is the diagonal of C: how
 * large each input is; how inputs go together is lost.
 */
public final class ImatrixStatistics {
  private final ModelLayout layout;
  private final GgufForms forms;

  /** Of a model, whose tensors have names in GGUF. */
  public ImatrixStatistics(ModelLayout layout) {
    this.layout = layout;
    this.forms = new GgufForms(layout.config());
  }

  /**
   * A row of an entry: the inputs of one matrix.
   *
   * @param columns their order in the file
   */
  private record Found(Entry entry, int matrix, RowOrder columns) {
    private float[] sums() {
      float[] stored = entry.sums().get(matrix);
      float[] sums = new float[stored.length];
      for (int i = 0; i < sums.length; i++) {
        sums[i] = stored[columns.stored(i)];
      }
      return sums;
    }

    private float count() {
      return entry.counts().get(matrix);
    }
  }

  /**
   * Writes the diagonals of an importance matrix as saved moments.
   *
   * @param file of the importance matrix
   * @param model checksum of the model
   * @param into must not exist, or be empty
   * @param awp version of the program
   * @return what is to be told of it, a sentence each
   * @throws AwpException where the importance matrix is of no layer of the model, or of another
   *     width
   */
  public List<String> read(Path file, String model, Path into, String awp) {
    Imatrix imatrix = Imatrix.read(file);
    List<String> told = new ArrayList<>();
    SortedMap<Integer, SortedMap<String, Integer>> columns = new TreeMap<>();
    Map<String, Found> found = new LinkedHashMap<>();
    List<String> missing = new ArrayList<>();
    List<String> unseen = new ArrayList<>();
    for (LinearLayer linear : linears()) {
      String site = SavedMoments.name(linear.block(), linear.site());
      if (found.containsKey(site)) {
        continue;
      }
      Optional<Found> row = find(imatrix, linear, file);
      if (row.isEmpty()) {
        missing.add(linear.name());
        continue;
      }
      if (row.get().count() == 0) {
        unseen.add(linear.name());
      }
      found.put(site, row.get());
      columns.computeIfAbsent(linear.block(), _ -> new TreeMap<>()).put(site, linear.columns());
    }
    if (found.isEmpty()) {
      throw new AwpException(file + ": has no entry for any layer of this model");
    }
    told.add(
        "an imatrix is the diagonal of C: how inputs go together is lost, so that no error of a"
            + " weight is made good by another weight");
    if (!missing.isEmpty()) {
      told.add(
          "no entry for %s; these layers cannot be compressed with it".formatted(few(missing)));
    }
    if (!unseen.isEmpty()) {
      told.add("no tokens reached %s; their inputs count alike".formatted(few(unseen)));
    }
    write(into, manifest(imatrix, file, model, awp), columns, found);
    return told;
  }

  private static String few(List<String> names) {
    int shown = Math.min(3, names.size());
    String more = names.size() > shown ? " and %s more".formatted(names.size() - shown) : "";
    return String.join(", ", names.subList(0, shown)) + more;
  }

  private static MomentsManifest manifest(Imatrix imatrix, Path file, String model, String awp) {
    Map<String, String> origin = new LinkedHashMap<>();
    origin.put("awp", awp);
    origin.put("imatrix", file.getFileName().toString());
    origin.put("texts", String.join(", ", imatrix.datasets()));
    int windows = (int) Math.max(1, imatrix.chunks());
    return MomentsManifest.begin(
        Kind.DIAGONALS,
        new MomentsIdentity(
            model,
            (int) Math.max(1, imatrix.chunkSize()),
            "f32",
            List.of(new WindowRange(Sha256.of(file), 0, 0, windows))),
        List.of(origin));
  }

  private Optional<Found> find(Imatrix imatrix, LinearLayer linear, Path file) {
    GgufPlace place = forms.names().place(linear.weight());
    Entry entry = imatrix.entries().get(place.tensor());
    if (entry == null) {
      return Optional.empty();
    }
    if (entry.columns() != linear.columns() || place.slice() >= entry.sums().size()) {
      throw new AwpException(
          "%s: %s has %s rows of %s inputs, the model has %s of %s"
              .formatted(
                  file,
                  place.tensor(),
                  entry.sums().size(),
                  entry.columns(),
                  Math.max(1, place.slices()),
                  linear.columns()));
    }
    return Optional.of(new Found(entry, place.slice(), forms.form(place.tensor()).columns()));
  }

  private void write(
      Path into,
      MomentsManifest manifest,
      SortedMap<Integer, SortedMap<String, Integer>> columns,
      Map<String, Found> found) {
    try (MomentsWriter writer =
        MomentsWriter.open(into, manifest, columns, MomentsWriter.Start.RESTART)) {
      columns.forEach(
          (block, sites) -> {
            try (BlockFile blockFile = writer.begin(block)) {
              sites.keySet().forEach(site -> write(site, found.get(site), blockFile));
              blockFile.finish(() -> {});
            }
          });
      writer.commit();
    }
  }

  /** Where no token came by all inputs count alike, as llama-quantize has it. */
  private static void write(String site, Found row, BlockFile file) {
    double[] sums = new double[row.sums().length];
    boolean seen = row.count() > 0;
    for (int i = 0; i < sums.length; i++) {
      sums[i] = seen ? row.sums()[i] : 1;
    }
    file.writeDiagonal(site, sums, seen ? row.count() : 1, (long) row.count());
  }

  /**
   * The diagonals of saved moments as an importance matrix, with the inputs of the output head
   * where it is no embedding.
   *
   * @param texts names, for the metadata
   */
  public Imatrix write(SavedMoments moments, List<String> texts) {
    Map<String, List<float[]>> sums = new LinkedHashMap<>();
    Map<String, List<Float>> counts = new LinkedHashMap<>();
    Map<InputSite, float[]> ofBlock = new LinkedHashMap<>();
    int block = -1;
    for (LinearLayer linear : linears()) {
      if (linear.weight().equals(layout.embedding())) {
        continue;
      }
      if (linear.block() != block) {
        ofBlock.clear();
        block = linear.block();
      }
      if (!moments.has(linear)) {
        continue;
      }
      long tokens = moments.tokens(linear.block(), linear.site());
      float[] row =
          ofBlock.computeIfAbsent(
              linear.site(), site -> scaled(moments.meanSquares(linear.block(), site), tokens));
      for (GgufPlace place : forms.names().places(linear.weight())) {
        int matrices = Math.max(1, place.slices());
        sums.computeIfAbsent(
                place.tensor(),
                _ -> new ArrayList<>(Collections.nCopies(matrices, new float[linear.columns()])))
            .set(place.slice(), stored(row, forms.form(place.tensor()).columns()));
        counts
            .computeIfAbsent(
                place.tensor(), _ -> new ArrayList<>(Collections.nCopies(matrices, 0f)))
            .set(place.slice(), (float) tokens);
      }
    }
    SortedMap<String, Entry> entries = new TreeMap<>();
    sums.forEach((name, rows) -> entries.put(name, new Entry(rows, counts.get(name))));
    MomentsIdentity identity = moments.identity();
    long windows = identity.windows().stream().mapToLong(range -> range.to() - range.from()).sum();
    return new Imatrix(texts, windows, identity.length(), entries);
  }

  private static float[] scaled(double[] means, long tokens) {
    float[] sums = new float[means.length];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = (float) (means[i] * tokens);
    }
    return sums;
  }

  /** All whose inputs have moments, the head behind the others. */
  private List<LinearLayer> linears() {
    List<LinearLayer> all = new ArrayList<>(layout.linears());
    all.add(DenseMoments.head(layout));
    return all;
  }

  private static float[] stored(float[] row, RowOrder columns) {
    float[] stored = new float[row.length];
    for (int i = 0; i < stored.length; i++) {
      stored[i] = row[columns.source(i)];
    }
    return stored;
  }
}
