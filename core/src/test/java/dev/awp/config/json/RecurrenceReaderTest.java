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
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.Step;
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
  private static final String NEMOTRON = "NemotronHForCausalLM";

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

  @Test
  void eachBlockHasOneSublayerByListOrPattern() throws IOException {
    for (String words :
        List.of("'layers_block_type':['mamba','moe']", "'hybrid_override_pattern':'ME'")) {
      ModelConfig read = read(NEMOTRON, "'num_key_value_heads':2," + words);
      assertEquals(List.of(Step.RECURRENCE), ModelLayout.of(read).steps(0));
      assertEquals(List.of(Step.MLP), ModelLayout.of(read).steps(1));
      assertTrue(read.block(1).experts().isPresent());
    }
    for (String words :
        List.of("'layers_block_type':['full_attention','mlp']", "'hybrid_override_pattern':'*-'")) {
      ModelConfig read = read(NEMOTRON, "'num_key_value_heads':2," + words);
      assertEquals(List.of(Step.ATTENTION), ModelLayout.of(read).steps(0));
      assertTrue(read.block(0).attention().rotation().isEmpty());
      assertEquals(
          List.of("backbone.layers.1.mixer.up_proj", "backbone.layers.1.mixer.down_proj"),
          ModelLayout.of(read).linears(1).stream().map(LinearLayer::name).toList());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'hybrid_override_pattern':'M-*'|num_hidden_layers 2 is not the number of blocks in"
            + " layers_block_type or hybrid_override_pattern, 3",
        "'hybrid_override_pattern':'Mx'|hybrid_override_pattern has the letter 'x'",
        "'layers_block_type':['mlp','rwkv']|layers_block_type has the name \"rwkv\"",
        "'layers_block_type':'mlp'|layers_block_type must be a list of names",
        "'layers_block_type':[]|layers_block_type must list 1 to",
        "'hybrid_override_pattern':'M*','mlp_hidden_act':'relu'|mlp_hidden_act 'relu' is not",
        "'hybrid_override_pattern':'M*','mamba_num_heads':1048576|mamba_num_heads must be",
      })
  void sublayersThatDoNotFitAreRefused(String words, String rule) {
    String told =
        assertThrows(AwpException.class, () -> read(NEMOTRON, "'num_key_value_heads':2," + words))
            .getMessage();
    assertTrue(told.contains(rule), told);
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
