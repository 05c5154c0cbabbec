// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Documents that become one stream, and the windows that are cut from it. */
class TokenStreamTest {
  private static TokenStream stream(String... documents) {
    String all = String.join("", documents);
    int[] starts = new int[documents.length];
    for (int i = 1; i < starts.length; i++) {
      starts[i] = starts[i - 1] + documents[i - 1].length();
    }
    return new TokenStream(all.chars().toArray(), starts, TokenWeights.ones(all.length()));
  }

  private static String text(TokenWindow window) {
    return new String(window.tokens(), 0, window.length());
  }

  @Test
  void windowsKeepBordersAndWeights() {
    TokenStream plain = stream("abc", "de", "fghi");
    TokenStream stream =
        new TokenStream(
            plain.tokens(), plain.starts(), TokenWeights.of(1, 1, 1, 0, 1, 2, 0.5f, 1, 1));
    List<TokenWindow> windows = stream.windows(4);
    assertEquals(2, windows.size());
    assertEquals("abcd", text(windows.get(0)));
    assertArrayEquals(new int[] {0, 3}, windows.get(0).borders());
    assertEquals("[1.0, 1.0, 1.0, 0.0]", windows.get(0).weights().toString());
    assertEquals("efgh", text(windows.get(1)));
    assertArrayEquals(new int[] {1}, windows.get(1).borders());
    assertEquals("[1.0, 2.0, 0.5, 1.0]", windows.get(1).weights().toString());
    TokenWindow within = stream.window(7, 2);
    assertArrayEquals(new int[0], within.borders());
    assertTrue(within.weights().areOnes());
  }

  @Test
  void everyWindowBeginsAsTheModelKnowsTexts() {
    TokenStream plain = stream("^abcdefgh", "^ijkl", "mnop");
    TokenStream stream =
        new TokenStream(plain.tokens(), plain.starts(), TokenWeights.ones(plain.length()), '^');
    List<TokenWindow> windows = stream.windows(4);
    List<String> texts = windows.stream().map(TokenStreamTest::text).toList();
    assertEquals(List.of("^abc", "^def", "^gh^", "^ijk", "^lmn"), texts);
    assertArrayEquals(new int[] {0}, windows.get(0).borders());
    assertArrayEquals(new int[] {}, windows.get(1).borders());
    assertArrayEquals(new int[] {3}, windows.get(2).borders());
    assertArrayEquals(new int[] {2}, windows.get(4).borders());
    // A document that begins so does not get it twice.
    assertEquals("^ijk", text(stream.window(9, 4)));
    assertArrayEquals(new int[] {9, 13}, stream.slots(9, 4));
    assertTrue(windows.get(1).weights().areOnes());
  }

  @Test
  void whatAWindowBeginsWithCountsAndLeavesOtherWeights() {
    TokenStream plain = stream("abcd");
    TokenStream stream =
        new TokenStream(plain.tokens(), plain.starts(), TokenWeights.of(2, 0, 3, 1), '^');
    assertEquals("[1.0, 2.0, 0.0]", stream.windows(3).get(0).weights().toString());
    assertEquals("[1.0, 3.0, 1.0]", stream.windows(3).get(1).weights().toString());
  }

  @Test
  void windowsWithoutRoomForATextAreRefused() {
    TokenStream plain = stream("abcd");
    TokenStream stream =
        new TokenStream(plain.tokens(), plain.starts(), TokenWeights.ones(4), '^', '^');
    AwpException e = assertThrows(AwpException.class, () -> stream.windows(2));
    assertTrue(e.getMessage().contains("--windows papers"), e.getMessage());
  }

  @Test
  void whatDoesNotFitTogetherIsRefused() {
    int[] tokens = {1, 2, 3};
    TokenWeights three = TokenWeights.ones(3);
    TokenWeights two = TokenWeights.ones(2);
    for (int[] starts : new int[][] {{3}, {-1}, {1, 1}, {2, 0}}) {
      assertThrows(IllegalArgumentException.class, () -> new TokenStream(tokens, starts, three));
    }
    int[] none = {};
    assertThrows(IllegalArgumentException.class, () -> new TokenStream(tokens, none, two));
    assertThrows(IllegalArgumentException.class, () -> new TokenWindow(tokens, two, none));
  }

  @Test
  void weightsAreCutChosenAndJoined() {
    TokenWeights weights = TokenWeights.of(1, 0, 0.25f, 1, 1);
    assertFalse(weights.areOnes());
    assertEquals(3.25, weights.sum());
    assertEquals(4, weights.counted());
    TokenWeights range = weights.range(1, 4);
    assertEquals("[0.0, 0.25, 1.0]", range.toString());
    assertEquals("[0.25, 1.0]", range.range(1, 3).toString());
    assertEquals("[1.0, 0.25, 0.0]", range.choose(2, 1, 0).toString());
    assertTrue(weights.range(3, 5).areOnes());
    assertTrue(weights.choose(0, 4, 3).areOnes());
    TokenWeights joined = TokenWeights.join(List.of(TokenWeights.ones(2), range));
    assertEquals("[1.0, 1.0, 0.0, 0.25, 1.0]", joined.toString());
    TokenWeights ones = TokenWeights.join(List.of(TokenWeights.ones(2), TokenWeights.of(1, 1)));
    assertTrue(ones.areOnes());
    assertEquals(4, ones.sum());
    assertEquals(4, ones.counted());
    assertTrue(ones.range(1, 3).areOnes());
    assertEquals(1, ones.get(3));
  }

  @Test
  void weightsAreFiniteAndNotNegative() {
    for (float bad : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY, -Float.MIN_VALUE}) {
      AwpException refusal = assertThrows(AwpException.class, () -> TokenWeights.of(1, bad));
      assertEquals(
          "token 1 has the weight " + bad + ": weights must be finite and not negative",
          refusal.getMessage());
    }
  }
}
