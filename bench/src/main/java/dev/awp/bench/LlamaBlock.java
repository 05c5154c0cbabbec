// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.fixture.SyntheticWeights;
import dev.awp.tensor.DType;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One decoder block of LLaMA-2-7B's shape in BF16 (202 million weights), its inputs and a text to
 * calibrate it on, for scripts/bench-block.
 */
public final class LlamaBlock {
  private static final int WORDS = 8192;

  private static final int TEXT_WORDS = 40_000;

  private LlamaBlock() {}

  /** {@code FOLDER}: receives model/ and text.txt. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    String config = config(4096, 11008, 32, WORDS);
    SyntheticWeights.write(folder.resolve("model"), config, DType.BF16, Long.MAX_VALUE);
    Files.writeString(folder.resolve("model").resolve("tokenizer.json"), tokenizer());
    Random random = new Random(1);
    try (Writer text = Files.newBufferedWriter(folder.resolve("text.txt"))) {
      for (int i = 0; i < TEXT_WORDS; i++) {
        // Some 1,500 different ones in a calibration.
        text.write("w" + word(random.nextDouble(), WORDS) + " ");
      }
    }
  }

  /** The k-th of so many words with a probability of 1 / k, as in texts, from a uniform number. */
  static int word(double uniform, int words) {
    return (int) (Math.pow(words, uniform) - 1);
  }

  /** config.json of a model of one block. */
  static String config(int hidden, int intermediate, int heads, int words) {
    return """
    {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
     "hidden_size": %s, "intermediate_size": %s, "num_hidden_layers": 1,
     "num_attention_heads": %s, "num_key_value_heads": %3$s, "max_position_embeddings": 4096,
     "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "vocab_size": %s,
     "tie_word_embeddings": true, "torch_dtype": "bfloat16"}
    """
        .formatted(hidden, intermediate, heads, words);
  }

  /** One token a word, w0 and on. */
  private static String tokenizer() {
    return """
    {"version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null, "decoder": null,
     "pre_tokenizer": {"type": "Whitespace"},
     "model": {"type": "WordLevel", "unk_token": "w0", "vocab": {%s}}}
    """
        .formatted(
            IntStream.range(0, WORDS)
                .mapToObj(word -> "\"w%s\": %s".formatted(word, word))
                .collect(Collectors.joining(", ")));
  }
}
