// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.gguf.mix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.gguf.block.BlockType;
import dev.awp.gguf.block.BlockWidths;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every tensor's type against llama-quantize's own (scripts/gguf-mixes). */
class GgufMixTest {
  private static final int INNER = 256;

  /** A model and what it was called. */
  private static MixModel model(String[] words) {
    List<Integer> blocks = IntStream.range(0, Integer.parseInt(words[2])).boxed().toList();
    return new MixModel(
        blocks.size(),
        words.length > 8 ? numbers(words[8]) : blocks,
        words.length > 9 ? numbers(words[9]) : blocks,
        Integer.parseInt(words[3]),
        Integer.parseInt(words[4]),
        Integer.parseInt(words[5]),
        Boolean.parseBoolean(words[6]),
        Boolean.parseBoolean(words[7]),
        words[1].equals("large"));
  }

  private static List<Integer> numbers(String words) {
    return Stream.of(words.split(",")).map(Integer::valueOf).toList();
  }

  /** By llama.cpp's rules: matrices of values are counted, and so are those down. */
  @Test
  void matricesThatNotAllBlocksHaveAreCountedOneByOne() {
    MixModel hybrid =
        new MixModel(
            16,
            List.of(3, 7, 11, 15),
            List.of(1, 2, 5, 6, 9, 10, 13, 14),
            256,
            0,
            0,
            false,
            false,
            false);
    assertEquals(BlockType.Q4_K, GgufMix.Q4_K_M.type("blk.7.attn_v.weight", hybrid));
    assertEquals(BlockType.Q6_K, GgufMix.Q4_K_M.type("blk.11.attn_v.weight", hybrid));
    assertEquals(BlockType.Q6_K, GgufMix.Q4_K_M.type("blk.15.attn_v.weight", hybrid));
    assertEquals(BlockType.Q5_K, GgufMix.Q3_K_M.type("blk.7.attn_v.weight", hybrid));
    assertEquals(BlockType.Q4_K, GgufMix.Q3_K_M.type("blk.11.attn_v.weight", hybrid));
    assertEquals(BlockType.Q4_1, GgufMix.Q4_0.type("blk.2.ffn_down.weight", hybrid));
    assertEquals(BlockType.Q4_0, GgufMix.Q4_0.type("blk.5.ffn_down.weight", hybrid));
    assertEquals(BlockType.Q3_K, GgufMix.Q2_K.type("blk.3.attn_v.weight", hybrid));
  }

  @Test
  void everyTensorHasTheTypeThatLlamaQuantizeGivesIt() throws IOException {
    Map<String, MixModel> models = new HashMap<>();
    Set<GgufMix> seen = EnumSet.noneOf(GgufMix.class);
    for (String line : golden()) {
      String[] words = line.split(" ");
      if (words[0].equals("model")) {
        models.put(words[1], model(words));
        continue;
      }
      GgufMix mix = GgufMix.byName(words[1]).orElseThrow();
      seen.add(mix);
      for (int i = 2; i < words.length; i++) {
        String part = words[i].substring(0, words[i].indexOf('='));
        check(mix, models.get(words[0]), part, words[i].substring(part.length() + 1));
      }
    }
    assertEquals(EnumSet.allOf(GgufMix.class), seen);
    assertEquals(8, models.size());
  }

  private static void check(GgufMix mix, MixModel model, String part, String wanted) {
    boolean outside = part.equals("token_embd") || part.equals("output");
    int columns = part.startsWith("ffn_down") ? INNER : model.hiddenSize();
    List<BlockType> types = types(wanted);
    assertEquals(outside ? 1 : model.blocks(), types.size());
    for (int block = 0; block < types.size(); block++) {
      String name = (outside ? "" : "blk." + block + ".") + part + ".weight";
      BlockType found = mix.type(name, model);
      BlockType type = types.get(block);
      if (BlockWidths.fits(found, columns)) {
        assertEquals(type, found, mix + " " + name);
      } else {
        assertEquals(type, BlockWidths.fitting(found, columns), mix + " " + name);
      }
    }
  }

  /** "2*Q6_K+1*Q4_K". */
  private static List<BlockType> types(String runs) {
    List<BlockType> types = new ArrayList<>();
    for (String run : runs.split("[+]", -1)) {
      int star = run.indexOf('*');
      for (int i = 0; i < Integer.parseInt(run.substring(0, star)); i++) {
        types.add(BlockType.valueOf(run.substring(star + 1)));
      }
    }
    return types;
  }

  private static List<String> golden() throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                GgufMixTest.class.getResourceAsStream("golden-mixes.txt"),
                StandardCharsets.UTF_8))) {
      return reader.lines().filter(line -> !line.startsWith("#")).toList();
    }
  }

  @Test
  void numbersOfFileTypesAreOnesOfTheirOwn() {
    Set<Integer> numbers = new java.util.TreeSet<>();
    for (GgufMix mix : GgufMix.values()) {
      assertTrue(numbers.add(mix.fileType()), mix.name());
    }
    assertEquals(15, GgufMix.Q4_K_M.fileType());
  }
}
