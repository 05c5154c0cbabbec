// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.AwpException;
import dev.awp.config.GatedNorm;
import dev.awp.config.Mamba2Config;
import dev.awp.config.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What mixes the tokens of blocks, as config.json says. */
class RecurrenceReaderTest {
  private static final String GRANITE = "GraniteMoeHybridForCausalLM";

  @TempDir private Path folder;

  private ModelConfig read(String name, String more) throws IOException {
    Path file = folder.resolve("config.json");
    String words =
        """
        {"architectures":["%s"],"hidden_size":8,"intermediate_size":8,"num_hidden_layers":2,
         "num_attention_heads":2,"vocab_size":4,"mamba_n_heads":4,"mamba_d_state":3,%s}
        """
            .formatted(name, more.replace((char) 39, (char) 34));
    Files.writeString(file, words);
    return ModelConfigReader.read(file);
  }

  @Test
  void blocksHaveOneOrTheOtherByNewAndOldNames() throws IOException {
    for (String types : List.of("'mamba','attention'", "'linear_attention','full_attention'")) {
      ModelConfig read = read(GRANITE, "'layer_types':[" + types + "]");
      assertTrue(read.block(0).ownAttention().isEmpty());
      assertTrue(read.block(0).recurrence().isPresent());
      assertTrue(read.block(1).ownAttention().isPresent());
      assertTrue(read.block(1).recurrence().isEmpty());
      assertEquals(false, read.hasBlockSizes());
    }
  }

  @Test
  void stepsHaveTheLimitsThatAreSaidInAnySpellingOfInfinity() throws IOException {
    for (String infinity : List.of("Infinity", "{'__float__':'Infinity'}")) {
      ModelConfig read = read(GRANITE, "'time_step_limit':[0.5," + infinity + "]");
      Mamba2Config mamba = (Mamba2Config) read.recurrence().orElseThrow();
      assertEquals(0.5f, mamba.leastStep());
      assertEquals(Float.POSITIVE_INFINITY, mamba.largestStep());
    }
  }

  @Test
  void bothStandSideBySideInFalcon() throws IOException {
    ModelConfig read = read("FalconH1ForCausalLM", "'mamba_d_ssm':12,'num_key_value_heads':2");
    Mamba2Config mamba = (Mamba2Config) read.block(1).recurrence().orElseThrow();
    assertTrue(read.block(1).ownAttention().isPresent());
    assertEquals(GatedNorm.NONE, mamba.norm());
    assertEquals(3, mamba.headDimension());
    assertEquals(12 + (12 + 2 * 3) + 4, mamba.projected());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'layer_types':['mamba']|layer_types must be a list of num_hidden_layers 2 names",
        "'layer_types':['mamba','rwkv']|layer type \"rwkv\" is not supported",
        "'mamba_d_head':5|mamba_n_heads 4 heads of mamba_d_head 5 columns are not the 16",
        "'mamba_n_groups':3|mamba_n_heads 4 is no multiple of mamba_n_groups 3",
        "'time_step_limit':[1]|time_step_limit must be two numbers from 0 on",
        "'time_step_limit':[2,1]|time_step_limit must be two numbers from 0 on",
        "'time_step_limit':[NaN,1]|time_step_limit must be two numbers from 0 on",
      })
  void whatDoesNotFitIsRefused(String words, String rule) {
    String told = assertThrows(AwpException.class, () -> read(GRANITE, words)).getMessage();
    assertTrue(told.contains(rule), told);
  }
}
