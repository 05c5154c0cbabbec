// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.imatrix;

import dev.awp.AwpException;
import dev.awp.disk.OutputFolder;
import dev.awp.disk.OutputPlace;
import dev.awp.gguf.GgufValue;
import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.file.GgufFile;
import dev.awp.gguf.file.GgufPlan;
import dev.awp.gguf.file.GgufPlan.Wanted;
import dev.awp.gguf.file.GgufTensor;
import dev.awp.gguf.file.GgufWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An importance matrix as llama.cpp's llama-imatrix writes it: for every weight tensor NAME
 *
 * <pre>
 * NAME.in_sum2  F32 [matrices, dIn]: sum of x^2 of every input
 * NAME.counts   F32 [matrices, 1]: tokens; a tensor of experts has a row for each of them
 * </pre>
 *
 * <p>and the metadata general.type, imatrix.datasets, imatrix.chunk_count, imatrix.chunk_size.
 *
 * @param datasets names of texts
 * @param chunks windows
 * @param chunkSize tokens of a window
 * @param entries by the name of the weight tensor
 */
public record Imatrix(
    List<String> datasets, long chunks, long chunkSize, SortedMap<String, Entry> entries) {
  private static final String SUMS = ".in_sum2";
  private static final String COUNTS = ".counts";
  private static final String TYPE = "general.type";
  private static final String KIND = "imatrix";
  private static final String DATASETS = "imatrix.datasets";
  private static final String CHUNK_COUNT = "imatrix.chunk_count";
  private static final String CHUNK_SIZE = "imatrix.chunk_size";
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Imatrix {
    datasets = List.copyOf(datasets);
    entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
  }

  /**
   * What the inputs of a tensor's matrices sum to.
   *
   * @param sums of x^2, a row a matrix
   * @param counts tokens, one a matrix
   */
  public record Entry(List<float[]> sums, List<Float> counts) {
    public Entry {
      sums = List.copyOf(sums);
      counts = List.copyOf(counts);
    }

    int columns() {
      return sums.getFirst().length;
    }
  }

  /**
   * Reads a file.
   *
   * @throws AwpException for a file of another kind
   */
  public static Imatrix read(Path file) {
    GgufFile gguf = GgufFile.read(file);
    if (!(gguf.metadata().get(TYPE) instanceof GgufValue.Text(String kind) && kind.equals(KIND))) {
      throw new AwpException("%s: is no imatrix: %s is not '%s'".formatted(file, TYPE, KIND));
    }
    SortedMap<String, Entry> entries = new TreeMap<>();
    try (Arena arena = Arena.ofConfined()) {
      for (GgufTensor tensor : gguf.tensors()) {
        if (tensor.name().endsWith(SUMS)) {
          String name = tensor.name().substring(0, tensor.name().length() - SUMS.length());
          entries.put(name, entry(gguf, name, tensor, arena));
        }
      }
    }
    if (entries.isEmpty()) {
      throw new AwpException(file + ": no tensor's name ends in " + SUMS);
    }
    return new Imatrix(texts(gguf), whole(gguf, CHUNK_COUNT), whole(gguf, CHUNK_SIZE), entries);
  }

  private static List<String> texts(GgufFile gguf) {
    return gguf.metadata().get(DATASETS) instanceof GgufValue.Items items
        ? items.values().stream()
            .filter(GgufValue.Text.class::isInstance)
            .map(text -> ((GgufValue.Text) text).value())
            .toList()
        : List.of();
  }

  private static long whole(GgufFile gguf, String key) {
    if (gguf.metadata().get(key) instanceof GgufValue.Whole(var _, long value)
        && value >= 0
        && value <= Integer.MAX_VALUE) {
      return value;
    }
    throw new AwpException("%s: %s is missing, or no count".formatted(gguf.file(), key));
  }

  private static Entry entry(GgufFile gguf, String name, GgufTensor sums, Arena arena) {
    GgufTensor counts =
        gguf.tensor(name + COUNTS)
            .orElseThrow(
                () ->
                    new AwpException(
                        "%s: there is no tensor %s".formatted(gguf.file(), name + COUNTS)));
    float[] all = values(gguf, sums, arena);
    float[] tokens = values(gguf, counts, arena);
    int columns = Math.toIntExact(sums.shape().getLast());
    int matrices = all.length / Math.max(1, columns);
    if (columns == 0 || matrices == 0 || (tokens.length != matrices && tokens.length != 1)) {
      throw new AwpException(
          "%s: %s has shape %s, and %s counts"
              .formatted(gguf.file(), sums.name(), sums.shape(), tokens.length));
    }
    List<float[]> rows = new ArrayList<>();
    List<Float> ofEach = new ArrayList<>();
    for (int i = 0; i < matrices; i++) {
      rows.add(Arrays.copyOfRange(all, i * columns, (i + 1) * columns));
      ofEach.add(tokens[tokens.length == 1 ? 0 : i]);
    }
    return new Entry(rows, ofEach);
  }

  private static float[] values(GgufFile gguf, GgufTensor tensor, Arena arena) {
    if (tensor.typeId() != BlockType.F32.id()) {
      throw new AwpException(
          "%s: %s is of type %s, not of F32"
              .formatted(gguf.file(), tensor.name(), tensor.typeId()));
    }
    MemorySegment data = gguf.view(tensor, arena).data();
    float[] values = new float[Math.toIntExact(tensor.byteSize() / Float.BYTES)];
    for (int i = 0; i < values.length; i++) {
      values[i] = data.get(FLOAT, (long) i * Float.BYTES);
      if (!(values[i] >= 0) || !Float.isFinite(values[i])) {
        throw new AwpException(
            "%s: %s has %s at element %s, where sums of squares and counts are not below 0"
                .formatted(gguf.file(), tensor.name(), values[i], i));
      }
    }
    return values;
  }

  /**
   * Writes a file, which appears when it is complete.
   *
   * @param file must not exist
   */
  public void write(Path file) {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put(TYPE, GgufValue.of(KIND));
    metadata.put(DATASETS, GgufValue.texts(datasets));
    metadata.put(CHUNK_COUNT, GgufValue.of(Math.toIntExact(chunks)));
    metadata.put(CHUNK_SIZE, GgufValue.of(Math.toIntExact(chunkSize)));
    List<Wanted> wanted = new ArrayList<>();
    entries.forEach(
        (name, entry) -> {
          long matrices = entry.sums().size();
          wanted.add(
              new Wanted(name + SUMS, BlockType.F32, List.of(matrices, (long) entry.columns())));
          wanted.add(new Wanted(name + COUNTS, BlockType.F32, List.of(matrices, 1L)));
        });
    String main = file.getFileName().toString();
    try (OutputFolder folder = OutputFolder.create(OutputPlace.file(file, main))) {
      try (GgufWriter writer =
          GgufWriter.create(folder.workFolder().resolve(main), GgufPlan.of(metadata, wanted))) {
        entries.forEach(
            (name, entry) -> {
              writer.write(name + SUMS, bytes(entry.sums()));
              List<float[]> counts =
                  entry.counts().stream().map(count -> new float[] {count}).toList();
              writer.write(name + COUNTS, bytes(counts));
            });
        writer.finish();
      }
      folder.commit();
    }
  }

  private static MemorySegment bytes(List<float[]> rows) {
    int columns = rows.getFirst().length;
    MemorySegment bytes = MemorySegment.ofArray(new byte[rows.size() * columns * Float.BYTES]);
    for (int i = 0; i < rows.size(); i++) {
      for (int j = 0; j < columns; j++) {
        bytes.set(FLOAT, ((long) i * columns + j) * Float.BYTES, rows.get(i)[j]);
      }
    }
    return bytes;
  }
}
