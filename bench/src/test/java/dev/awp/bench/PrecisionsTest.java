// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.SyntheticWeights;
import dev.awp.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrecisionsTest {
  private static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
       "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1,
       "num_attention_heads": 4, "num_key_value_heads": 4, "max_position_embeddings": 64,
       "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "vocab_size": 100,
       "tie_word_embeddings": true, "torch_dtype": "bfloat16"}
      """;

  /** Layers this small stay in float32: the same objective in both turns, whatever the times. */
  @Test
  void everyKindOfWorkHasItsLine(@TempDir Path folder) throws Exception {
    SyntheticWeights.write(folder, CONFIG, DType.BF16, Long.MAX_VALUE);
    List<String> lines = Precisions.table(folder, 256, 32, List.of(1, 2)).lines().toList();
    assertEquals(2 + 2 * 7, lines.size());
    for (String line : lines.subList(2, lines.size())) {
      if (!line.contains("forward")) {
        assertTrue(line.contains("pgd") || line.contains("admm"), line);
        assertTrue(line.contains("| f32 |") && line.endsWith("| 1.0000 |"), line);
      }
    }
  }
}
