// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.calibration;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.Progress;
import dev.awp.compute.Compute;
import dev.awp.fixture.ByteTokenizerJson;
import dev.awp.fixture.RandomMatrices;
import dev.awp.fixture.RandomMatrices.Kind;
import dev.awp.tensor.Matrix;
import dev.awp.text.TextOptions;
import dev.awp.text.TokenWindow;
import dev.awp.text.Tokenizers;
import dev.awp.text.Windows;
import dev.awp.text.drawing.Texts;
import dev.awp.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Windows, tokens and second moments. */
class CalibrationTest {
  private static final TextOptions PAPERS = TextOptions.DEFAULT.withWindows(Windows.PAPERS);

  @TempDir private Path folder;

  private Tokenizer tokenizer() throws IOException {
    ByteTokenizerJson.write(folder.resolve("tokenizer.json"));
    return Tokenizers.open(folder);
  }

  private Texts texts(Tokenizer tokenizer, List<Path> files) {
    return Texts.of(files, PAPERS, folder, tokenizer, Progress.NONE);
  }

  @Test
  void tokensBeginWithTheSpecialTokenAndAreNotCut() throws IOException {
    try (Tokenizer tokenizer = tokenizer()) {
      assertArrayEquals(new int[] {0, 'a' + 2, 0xc3 + 2, 0xa4 + 2}, tokenizer.encode("a\u00e4"));
      assertEquals(100_001, tokenizer.encode("x".repeat(100_000)).length);
    }
  }

  @Test
  void windowsAreDisjointPiecesOfTheText() throws IOException {
    String text = text(5000);
    Path file = Files.writeString(folder.resolve("t.txt"), text);
    try (Tokenizer tokenizer = tokenizer()) {
      int[] all = texts(tokenizer, List.of(file)).all().tokens().tokens();
      CalibrationSet set = CalibrationSet.load(texts(tokenizer, List.of(file)), 20, 64, 3);
      assertEquals(20, set.windows().size());
      assertEquals(all.length, set.textTokens());
      Set<Integer> starts = new HashSet<>();
      for (TokenWindow window : set.windows()) {
        int start = indexOf(all, window.tokens());
        assertTrue(start >= 0);
        starts.add(start / 64);
      }
      assertTrue(starts.size() >= 19, "windows overlap: " + starts);
      assertFalse(set.isWeighted());
      CalibrationSet same = CalibrationSet.load(texts(tokenizer, List.of(file)), 20, 64, 3);
      CalibrationSet other = CalibrationSet.load(texts(tokenizer, List.of(file)), 20, 64, 4);
      assertTrue(Arrays.deepEquals(array(set), array(same)));
      assertFalse(Arrays.deepEquals(array(set), array(other)));
    }
  }

  /** The choice of windows is part of what a seed promises. */
  @Test
  void windowsOfASeedStayTheSame() throws IOException {
    Path file = Files.writeString(folder.resolve("t.txt"), text(5000));
    try (Tokenizer tokenizer = tokenizer()) {
      int[] all = texts(tokenizer, List.of(file)).all().tokens().tokens();
      assertEquals(
          List.of(4103, 3143, 135, 2183, 3335),
          CalibrationSet.load(texts(tokenizer, List.of(file)), 5, 64, 3).windows().stream()
              .map(window -> indexOf(all, window.tokens()))
              .toList());
    }
  }

  @Test
  void windowsKnowWhereDocumentsBegin() throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      files.add(Files.writeString(folder.resolve(i + ".txt"), text(99 + i)));
    }
    try (Tokenizer tokenizer = tokenizer()) {
      for (TokenWindow window : CalibrationSet.load(texts(tokenizer, files), 99, 10, 0).windows()) {
        // The special token stands at the beginning of a document and nowhere else.
        int[] expected =
            IntStream.range(0, 10).filter(place -> window.tokens()[place] == 0).toArray();
        assertArrayEquals(expected, window.borders());
      }
    }
  }

  private static Object[] array(CalibrationSet set) {
    return set.windows().stream().map(TokenWindow::tokens).toArray();
  }

  /** Text in which no 64 characters repeat. */
  private static String text(int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; text.length() < length; i++) {
      text.append(i).append(' ');
    }
    return text.toString();
  }

  private static int indexOf(int[] all, int[] window) {
    for (int i = 0; i + window.length <= all.length; i++) {
      if (Arrays.equals(all, i, i + window.length, window, 0, window.length)) {
        return i;
      }
    }
    return -1;
  }

  @Test
  void shortTextGivesWhatItHasOrIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("t.txt"), text(400));
    try (Tokenizer tokenizer = tokenizer()) {
      assertEquals(
          6, CalibrationSet.load(texts(tokenizer, List.of(file)), 100, 64, 0).windows().size());
      AwpException refusal =
          assertThrows(
              AwpException.class,
              () -> CalibrationSet.load(texts(tokenizer, List.of(file)), 1, 999, 0));
      assertTrue(refusal.getMessage().endsWith("tokens is shorter than one window of 999"));
      assertThrows(
          AwpException.class, () -> CalibrationSet.load(texts(tokenizer, List.of(file)), 0, 64, 0));
    }
  }

  @Test
  void secondMomentIsTheMeanOfOuterProducts() {
    for (int columns : new int[] {1, 7, 256, 300}) {
      try (Arena arena = Arena.ofShared();
          Compute compute = Compute.create(2);
          SecondMoment moment = new SecondMoment(columns, compute)) {
        Matrix first = RandomMatrices.of(Kind.OUTLIERS, 33, columns, 1, arena);
        Matrix second = RandomMatrices.of(Kind.GAUSSIAN, 2100, columns, 2, arena);
        moment.add(first);
        moment.add(second);
        assertEquals(2133, moment.tokens());
        Matrix c = moment.finish("site", arena);
        for (int i = 0; i < columns; i += 3) {
          for (int j = 0; j < columns; j += 5) {
            double sum = sum(first, i, j) + sum(second, i, j);
            double scale = Math.sqrt(c.get(i, i) * (double) c.get(j, j));
            assertEquals(sum / 2133, c.get(i, j), 1e-5 * scale + 1e-7, i + ", " + j);
            assertEquals(c.get(i, j), c.get(j, i));
          }
        }
      }
    }
  }

  private static double sum(Matrix x, int i, int j) {
    double sum = 0;
    for (int r = 0; r < x.rows(); r++) {
      sum += (double) x.get(r, i) * x.get(r, j);
    }
    return sum;
  }

  @Test
  void secondMomentDoesNotDependOnThreads() {
    try (Arena arena = Arena.ofShared()) {
      Matrix x = RandomMatrices.of(Kind.GAUSSIAN, 100, 530, 1, arena);
      Matrix expected = null;
      for (int threads : new int[] {1, 2, 4}) {
        try (Compute compute = Compute.create(threads);
            SecondMoment moment = new SecondMoment(530, compute)) {
          moment.add(x);
          Matrix c = moment.finish("site", arena);
          expected = expected == null ? c : expected;
          assertEquals(-1, expected.segment().mismatch(c.segment()), threads + " threads");
        }
      }
    }
  }

  @Test
  void nonFiniteActivationsAreNamed() {
    try (Arena arena = Arena.ofShared();
        Compute compute = Compute.create(1);
        SecondMoment moment = new SecondMoment(4, compute)) {
      assertThrows(IllegalStateException.class, () -> moment.finish("site", arena));
      Matrix x = Matrix.allocate(arena, 2, 4);
      x.set(1, 2, Float.POSITIVE_INFINITY);
      moment.add(x);
      AwpException refusal =
          assertThrows(AwpException.class, () -> moment.finish("block 1", arena));
      assertTrue(
          refusal.getMessage().startsWith("block 1: the second moment of input channels 2 and"),
          refusal.getMessage());
      assertThrows(IllegalArgumentException.class, () -> moment.add(Matrix.allocate(arena, 1, 5)));
    }
  }
}
