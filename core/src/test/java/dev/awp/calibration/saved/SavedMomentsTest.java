// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration.saved;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.SeenInputs;
import dev.awp.calibration.SiteMoments;
import dev.awp.calibration.saved.MomentsManifest.FileSum;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.disk.FileStamps;
import dev.awp.disk.Sha256;
import dev.awp.fixture.GeneratedArchitectures;
import dev.awp.fixture.GeneratedCheckpoint;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.model.InputSite;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.forward.TransformerModel;
import dev.awp.safetensors.ShardSet;
import dev.awp.stored.TensorSpec;
import dev.awp.tensor.DType;
import dev.awp.tensor.Matrix;
import dev.awp.text.TokenWeights;
import dev.awp.text.TokenWindow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Sums of moments in files: what comes back, what can be added, and what is refused. */
class SavedMomentsTest {
  private static final String MODEL = "a".repeat(64);
  private static final String TEXTS = "b".repeat(64);
  private static final int LENGTH = 24;

  @TempDir private Path folder;
  private Arena arena;
  private Compute compute;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // closed after each test
  void open() {
    arena = Arena.ofShared();
    compute = Compute.create(2);
  }

  @AfterEach
  void close() {
    compute.close();
    arena.close();
  }

  private static MomentsIdentity identity(int from, int to) {
    return identity(TEXTS, 7, from, to);
  }

  private static MomentsIdentity identity(String texts, long seed, int from, int to) {
    return new MomentsIdentity(
        MODEL, LENGTH, "f32", List.of(new WindowRange(texts, seed, from, to)));
  }

  /** A site with random inputs of its own; the sums are the moment's. */
  private Path write(String name, MomentsIdentity identity, Matrix inputs, boolean everyToken) {
    Path written = folder.resolve(name);
    SortedMap<String, Integer> columns = new TreeMap<>();
    columns.put("block.0.mlp_input", inputs.columns());
    TreeMap<Integer, SortedMap<String, Integer>> blocks = new TreeMap<>();
    blocks.put(0, columns);
    try (MomentsWriter writer =
            MomentsWriter.open(written, manifest(identity), blocks, MomentsWriter.Start.CONTINUE);
        SecondMoment moment = new SecondMoment(inputs.columns(), compute);
        MomentsWriter.BlockFile file = writer.begin(0)) {
      moment.add(inputs);
      file.write("block.0.mlp_input", moment, everyToken);
      file.finish(() -> {});
      writer.commit();
    }
    return written;
  }

  private static MomentsManifest manifest(MomentsIdentity identity) {
    return MomentsManifest.begin(
        MomentsManifest.Kind.TRIANGLES, identity, List.of(Map.of("awp", "test")));
  }

  private Path write(String name, MomentsIdentity identity) {
    return write(name, identity, RandomMatrices.of(Kind.GAUSSIAN, 9, 5, 1, arena), false);
  }

  private static List<TokenWindow> windows(int from, int to) {
    List<TokenWindow> windows = new ArrayList<>();
    for (int w = from; w < to; w++) {
      int[] tokens = new int[LENGTH];
      float[] weights = new float[LENGTH];
      for (int i = 0; i < LENGTH; i++) {
        tokens[i] = (w * 37 + i * i * 11 + i) % 200;
        weights[i] = w % 2 == 0 ? 1 : (i % 4) / 2f;
      }
      windows.add(new TokenWindow(tokens, TokenWeights.of(weights), new int[0]));
    }
    return windows;
  }

  private Path calibrate(TransformerModel model, int from, int to) {
    Path written = folder.resolve(from + "-" + to);
    DenseMoments.write(
        written,
        manifest(identity(from, to)),
        MomentsWriter.Start.CONTINUE,
        FileStamps.of(List.of()),
        model,
        windows(from, to),
        compute,
        Progress.NONE);
    return written;
  }

  /** Whole moments, and those of parts that are added, in any order. */
  @Test
  void partsMergeToTheWhole() throws IOException {
    new GeneratedCheckpoint(2, 16, 24, 2, 1, DType.F32).write(folder.resolve("model"));
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"))) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      Path whole = calibrate(model, 0, 10);
      List<Path> parts =
          List.of(calibrate(model, 4, 7), calibrate(model, 7, 10), calibrate(model, 0, 4));
      Path merged = folder.resolve("merged");
      var _ = MomentsMerge.merge(parts, merged, compute, Progress.NONE);
      assertEquals(MomentsManifest.read(whole).identity(), MomentsManifest.read(merged).identity());
      SavedMoments expected = SavedMoments.open(whole, identity(0, 10), compute, arena);
      SavedMoments actual = SavedMoments.open(merged, identity(0, 10), compute, arena);
      assertEquals(expected.columns(), actual.columns());
      List<LinearLayer> layers = new ArrayList<>(layout.linears());
      layers.add(layout.head().orElseThrow());
      for (LinearLayer layer : layers) {
        SiteMoments one = expected.block(layer.block());
        SiteMoments other = actual.block(layer.block());
        assertEquals(one.inputs(layer.site()), other.inputs(layer.site()));
        assertEquals(5 * LENGTH + 5 * LENGTH * 3 / 4, one.inputs(layer.site()).tokens());
        assertTrue(one.takeDrift(layer.site()).isEmpty());
        assertTrue(one.takeResidual(layer.site()).isEmpty());
        Matrix c = one.finish(layer.site(), layer.name(), arena);
        Matrix sum = other.finish(layer.site(), layer.name(), arena);
        assertEquals(layer.columns(), c.rows());
        for (int i = 0; i < c.rows(); i++) {
          for (int j = 0; j < c.columns(); j++) {
            double scale = Math.sqrt((double) c.get(i, i) * c.get(j, j));
            assertEquals(c.get(i, j), sum.get(i, j), 1e-6 * scale, layer.name());
          }
        }
      }
    }
  }

  @Test
  void whatComesBackIsTheMomentBitForBit() {
    for (int columns : new int[] {1, 2, 103, 257}) {
      Matrix x = RandomMatrices.of(Kind.OUTLIERS, 2100, columns, 3, arena);
      TokenWeights weights = TokenWeights.ones(2100).range(0, 2100);
      Path written = write("bits-" + columns, identity(0, 1), x, true);
      SiteMoments saved = SavedMoments.open(written, identity(0, 1), compute, arena).block(0);
      try (SecondMoment moment = new SecondMoment(columns, compute)) {
        moment.add(x, weights);
        Matrix expected = moment.finish("test", arena);
        InputSite site = InputSite.MLP_INPUT;
        assertEquals(new SeenInputs(2100, true, "f32"), saved.inputs(site));
        Matrix c = saved.finish(site, "test", arena);
        assertEquals(-1, expected.segment().mismatch(c.segment()), columns + " columns");
      }
    }
  }

  @Test
  void anExpertWithoutItsOwnTokensIsRemembered() throws IOException {
    GeneratedArchitectures.write(folder.resolve("model"), "mixtral", DType.F32);
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"))) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      SavedMoments few = SavedMoments.open(calibrate(model, 0, 1), compute, arena);
      Path many = calibrate(model, 1, 60);
      SavedMoments enough = SavedMoments.open(many, compute, arena);
      List<String> experts =
          few.columns().keySet().stream().filter(name -> name.contains("expert")).toList();
      assertTrue(experts.stream().allMatch(few::seesEveryToken), experts.toString());
      assertFalse(experts.stream().allMatch(enough::seesEveryToken), experts.toString());
      assertRefused(
          () ->
              MomentsMerge.merge(
                  List.of(folder.resolve("0-1"), many),
                  folder.resolve("out"),
                  compute,
                  Progress.NONE),
          "saw every token in one folder, only its expert's in ");
      assertFalse(Files.exists(folder.resolve("out")));
    }
  }

  @Test
  void neighboursBecomeOneRangeAndOthersStayApart() {
    MomentsIdentity both = identity(4, 6).plus(identity(0, 4), folder);
    assertEquals(identity(0, 6), both);
    MomentsIdentity apart = identity(0, 2).plus(identity(5, 6), folder);
    assertEquals(2, apart.windows().size());
    assertEquals(
        "of windows 0 to 2 of seed 7 and windows 5 to 6 of seed 7, not of windows 0 to 6 of seed 7",
        apart.differenceFrom(identity(0, 6)).orElseThrow());
    MomentsIdentity texts = identity(0, 2).plus(identity("c".repeat(64), 8, 0, 2), folder);
    assertEquals(2, texts.windows().size());
    assertEquals("those of other texts", texts.differenceFrom(identity(0, 2)).orElseThrow());
    for (MomentsIdentity identity : List.of(both, apart, texts, identity(TEXTS, -3, 1, 2))) {
      MomentsManifest manifest = manifest(identity);
      assertEquals(manifest, MomentsManifest.ofLine(manifest.toLine()).orElseThrow());
    }
  }

  @Test
  void onlyDisjointWindowsOfOneModelAreAdded() {
    Path first = write("first", identity(0, 4));
    assertNotAdded(
        first,
        write("overlapping", identity(3, 6)),
        "windows 3 to 6 of seed 7 may overlap windows 0 to 4 of seed 7 of the same texts");
    assertNotAdded(
        first,
        write("another-seed", identity(TEXTS, 8, 4, 6)),
        "windows 4 to 6 of seed 8 may overlap windows 0 to 4 of seed 7 of the same texts");
    List<WindowRange> next = identity(4, 6).windows();
    assertNotAdded(
        first,
        write("model", new MomentsIdentity("d".repeat(64), LENGTH, "f32", next)),
        "the moments are those of another model");
    assertNotAdded(
        first,
        write("length", new MomentsIdentity(MODEL, 9, "f32", next)),
        "the moments are of windows of 9 tokens, not of 24");
    assertNotAdded(
        first,
        write("precision", new MomentsIdentity(MODEL, LENGTH, "bf16", next)),
        "the moments are taken in bf16, not in f32");
    Matrix wider = RandomMatrices.of(Kind.GAUSSIAN, 9, 6, 1, arena);
    assertNotAdded(
        first, write("wider", identity(4, 6), wider, false), "the sites are others than in");
  }

  private void assertNotAdded(Path first, Path other, String rule) {
    Path out = folder.resolve("out");
    assertRefused(
        () -> MomentsMerge.merge(List.of(first, other), out, compute, Progress.NONE), rule);
    assertFalse(Files.exists(out));
  }

  @Test
  void aFolderThatSaysNothingOrSomethingElseIsRefused() throws IOException {
    Path written = write("changed", identity(0, 1));
    Path says = MomentsManifest.in(written);
    String good = Files.readString(says);
    assertRefusedToSay(
        says, good.replace("\"2\"", "\"3\""), "of version '3', this awp reads version 2");
    assertRefusedToSay(says, good.replace("\"model\"", "\"modle\""), "cannot be understood");
    assertRefusedToSay(says, good.replace("\"to\" : 1", "\"to\" : 0"), "cannot be understood");
    assertRefusedToSay(says, good.replace("\"block-", "\"../block-"), "is no file of a block");
    assertRefusedToSay(says, "{", "statistics.json");
    Files.delete(says);
    assertRefused(
        () -> MomentsManifest.read(written),
        "there is no statistics.json: an older awp wrote this folder, or none did");
  }

  private static void assertRefusedToSay(Path says, String words, String rule) throws IOException {
    Files.writeString(says, words);
    assertRefused(() -> MomentsManifest.read(says.getParent()), rule);
  }

  @Test
  void filesThatAreNotWhatWasWrittenAreRefused() throws IOException {
    Path written = write("files", identity(0, 1));
    Path file = written.resolve("block-00000.safetensors");
    byte[] good = Files.readAllBytes(file);
    byte[] changed = good.clone();
    changed[changed.length - 1] ^= 1;
    Files.write(file, changed);
    assertRefused(
        () -> finish(written), "block-00000.safetensors: is not what statistics.json says");
    Files.write(file, Arrays.copyOf(good, good.length - 8));
    assertRefused(() -> finish(written), "bytes, statistics.json says " + good.length);
    Files.delete(file);
    assertRefused(() -> finish(written), "block-00000.safetensors: the file is missing");
  }

  private void finish(Path written) {
    SiteMoments moments = SavedMoments.open(written, identity(0, 1), compute, arena).block(0);
    var _ = moments.inputs(InputSite.MLP_INPUT);
    var _ = moments.finish(InputSite.MLP_INPUT, "test", arena);
  }

  @Test
  void whatTheFilesDoNotHoldIsNamed() {
    String site = "block.0.mlp_input";
    TensorSpec sums = new TensorSpec(site, DType.F64, List.of(4L));
    TensorSpec weight = new TensorSpec(site + ".weight", DType.F64, List.of(1L));
    TensorSpec count = new TensorSpec(site + ".count", DType.I64, List.of(2L));
    TensorSpec one = new TensorSpec(site + ".count", DType.I64, List.of(1L));
    assertBroken("a", List.of(sums, weight, count), "4 elements, which are no tri");
    assertBroken("b", List.of(count), "there is no block.0.mlp_input of type F64");
    assertBroken("c", List.of(sums), "no block.0.mlp_input.count of type I64");
    assertBroken("d", List.of(sums, one), "has shape [1], not [2]");
  }

  /** A folder with a file of zeros, and the right checksum of it. */
  private void assertBroken(String name, List<TensorSpec> specs, String rule) {
    Path written = folder.resolve(name);
    String block = "block-00000.safetensors";
    try {
      Files.createDirectory(written);
      try (ShardSet shards = ShardSet.single(written, block, specs, Collections.emptySortedMap())) {
        for (TensorSpec spec : specs) {
          shards.write(spec.name(), MemorySegment.ofArray(new byte[(int) spec.byteSize()]));
        }
        shards.finish();
      }
      Path file = written.resolve(block);
      SortedMap<String, FileSum> files = new TreeMap<>();
      files.put(block, new FileSum(Files.size(file), Sha256.of(file)));
      manifest(identity(0, 1)).with(files).write(written);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assertRefused(() -> finish(written), rule);
  }

  /** A writer that is killed behind a block: the next one goes on, to the same bytes. */
  @Test
  void finishedBlocksAreGoneOnWith() throws IOException {
    new GeneratedCheckpoint(3, 16, 24, 2, 1, DType.F32).write(folder.resolve("model"));
    try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model"))) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      TransformerModel model = new TransformerModel(layout, checkpoint::tensor, compute);
      Path whole = calibrate(model, 0, 6);
      Path resumed = folder.resolve("resumed");
      List<String> steps = new ArrayList<>();
      assertThrows(
          IllegalStateException.class,
          () ->
              calibrate(
                  resumed,
                  model,
                  what -> {
                    if (what.equals("calibrating block 3 of 3")) {
                      throw new IllegalStateException("killed");
                    }
                  }));
      calibrate(resumed, model, steps::add);
      assertEquals(
          List.of(
              "passing through block 1 of 3",
              "passing through block 2 of 3",
              "calibrating block 3 of 3",
              "calibrating the head"),
          steps);
      for (String name : MomentsManifest.read(whole).files().keySet()) {
        assertEquals(-1, Files.mismatch(whole.resolve(name), resumed.resolve(name)), name);
      }
      assertEquals(-1, Files.mismatch(MomentsManifest.in(whole), MomentsManifest.in(resumed)));
      assertFalse(Files.exists(folder.resolve("resumed.partial")));
    }
  }

  private void calibrate(Path into, TransformerModel model, Progress progress) {
    DenseMoments.write(
        into,
        manifest(identity(0, 6)),
        MomentsWriter.Start.CONTINUE,
        FileStamps.of(List.of()),
        model,
        windows(0, 6),
        compute,
        progress);
  }

  private static void assertRefused(Executable action, String rule) {
    AwpException refusal = assertThrows(AwpException.class, action);
    assertTrue(refusal.getMessage().contains(rule), refusal.getMessage());
    assertEquals(1, refusal.getMessage().lines().count());
  }
}
