// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.config.AttentionConfig;
import dev.awp.config.BlockConfig;
import dev.awp.config.ModelConfig;
import dev.awp.model.ModelLayout;
import dev.awp.model.StateColumns;
import dev.awp.model.Step;
import dev.awp.rope.ProportionalScaling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blocks of two kinds of heads, what blocks share, and what they have for each token. */
class GlobalHeadsTest {
  @TempDir private Path folder;

  private ModelConfig read(String more) throws IOException {
    ObjectNode config =
        object(
            """
            {'architectures':['Gemma4ForCausalLM'],'hidden_size':8,'intermediate_size':10,
             'num_hidden_layers':4,'num_attention_heads':4,'num_key_value_heads':2,
             'vocab_size':20,'head_dim':6,'global_head_dim':8,'hidden_size_per_layer_input':0,
             'layer_types':['sliding_attention','full_attention','sliding_attention',
                            'full_attention']}
            """);
    config.setAll(object("{" + more + "}"));
    Path file = folder.resolve("config.json");
    Files.writeString(file, config.toString());
    return ModelConfigReader.read(file);
  }

  private static ObjectNode object(String words) throws IOException {
    return (ObjectNode) new ObjectMapper().readTree(words.replace((char) 39, (char) 34));
  }

  @Test
  void headsAreThoseOfTheKindOfBlock() throws IOException {
    ModelConfig read = read("'attention_k_eq_v':true,'num_global_key_value_heads':1");
    AttentionConfig local = read.block(0).attention();
    AttentionConfig global = read.block(1).attention();
    assertEquals(List.of(6, 2), List.of(local.headDimension(), local.keyValueHeads()));
    assertEquals(List.of(8, 1), List.of(global.headDimension(), global.keyValueHeads()));
    assertEquals(false, local.keyValues().keysAreValues());
    assertEquals(true, global.keyValues().keysAreValues());
    assertEquals(6, local.rotation().orElseThrow().dimension());
    assertEquals(8, global.rotation().orElseThrow().dimension());
    assertEquals(
        new ProportionalScaling(1, 1), global.rotation().orElseThrow().scaling().orElseThrow());
    assertEquals(1, global.scores().factor());
    ModelLayout layout = ModelLayout.of(read);
    assertEquals(3 + 1 + 3, layout.linears(0).size());
    assertEquals(2 + 1 + 3, layout.linears(1).size());
    assertEquals(8, layout.columns().width());
  }

  @Test
  void keyHeadsOfGlobalBlocksCountWhereKeysAreValues() throws IOException {
    ModelConfig read = read("'num_global_key_value_heads':1");
    assertEquals(2, read.block(1).attention().keyValueHeads());
  }

  @Test
  void headsOfSingleBlocksCountBefore() throws IOException {
    String listed =
        "'per_layer_config':{'01':{'head_dim':4,'num_key_value_heads':4},'3':{'head_dim':4}}";
    ModelConfig read = read(listed);
    assertEquals(4, read.block(1).attention().headDimension());
    assertEquals(4, read.block(1).attention().keyValueHeads());
    assertEquals(4, read.block(3).attention().headDimension());
    assertEquals(2, read.block(3).attention().keyValueHeads());
    assertEquals(6, read.block(2).attention().headDimension());
  }

  @Test
  void theLastBlockHasNoWindow() throws IOException {
    ModelConfig read =
        read(
            "'layer_types':['full_attention','sliding_attention','sliding_attention','sliding_attention']");
    assertEquals(OptionalInt.of(512), read.block(2).attention().window());
    assertEquals(OptionalInt.empty(), read.block(3).attention().window());
  }

  @Test
  void lastBlocksTakeKeysFromTheLastOfTheirKind() throws IOException {
    ModelConfig read = read("'num_kv_shared_layers':2,'use_double_wide_mlp':true");
    List<OptionalInt> sources =
        read.blocks().stream().map(own -> own.attention().keyValues().sharedFrom()).toList();
    OptionalInt none = OptionalInt.empty();
    assertEquals(List.of(none, none, OptionalInt.of(0), OptionalInt.of(1)), sources);
    assertEquals(
        List.of(10, 10, 20, 20), read.blocks().stream().map(own -> own.mlp().width()).toList());
    ModelLayout layout = ModelLayout.of(read);
    assertEquals(2 + 3, layout.linears(3).size());
    StateColumns columns = layout.columns();
    int local = 2 * 2 * 6;
    assertEquals(Map.of(0, 0, 1, local), columns.keyValues());
    assertEquals(8 + local + 2 * 2 * 8, columns.width());
    assertEquals(false, columns.hasToken());
  }

  @Test
  void widthsAloneStayWhereNothingIsShared() throws IOException {
    ModelConfig read = read("'use_double_wide_mlp':true");
    assertTrue(read.blocks().stream().map(BlockConfig::mlp).allMatch(mlp -> mlp.width() == 10));
  }

  @Test
  void everyBlockHasAVectorOfItsToken() throws IOException {
    ModelConfig read = read("'hidden_size_per_layer_input':3,'vocab_size_per_layer_input':25");
    ModelLayout layout = ModelLayout.of(read);
    assertEquals(List.of(Step.ATTENTION, Step.MLP, Step.PER_LAYER), layout.steps(2));
    Map<String, List<Long>> shapes = layout.shapes();
    assertEquals(List.of(25L, 12L), shapes.get("model.embed_tokens_per_layer.weight"));
    assertEquals(List.of(12L, 8L), shapes.get("model.per_layer_model_projection.weight"));
    assertEquals(List.of(8L, 3L), shapes.get("model.layers.2.per_layer_projection.weight"));
    assertEquals(List.of(1L), shapes.get("model.layers.2.layer_scalar"));
    assertEquals(9, layout.columns().width());
  }

  @Test
  void valuesOfPositionsOfPicturesAreNoPartOfText() throws IOException {
    assertEquals(List.of(), read("'use_bidirectional_attention':'vision'").warnings());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'per_layer_config':{'4':{'head_dim':4}}|per_layer_config.4 is none of the 4 blocks",
        "'per_layer_config':{'x':{'head_dim':4}}|per_layer_config.x is none of the 4 blocks",
        "'per_layer_config':{'1':{'sliding_window':4}}|per_layer_config.1.sliding_window 4 is not",
        "'per_layer_config':{'1':{'head_dim':4}}|head_dim is one of [4, 6] in blocks of one kind",
        "'global_head_dim':7|the head dimension 7 is not even",
        "'num_kv_shared_layers':3|num_kv_shared_layers 3 leaves no block of its kind",
        "'num_kv_shared_layers':5|num_kv_shared_layers must be an integer from 1 to 4, it is 5",
        "'num_kv_shared_layers':1,'per_layer_config':{'3':{'num_key_value_heads':1}}"
            + "|blocks 2 and 4 have 2 and 1 heads of keys",
        "'hidden_size_per_layer_input':2,'vocab_size_per_layer_input':19"
            + "|vocab_size_per_layer_input 19 is less than vocab_size 20",
        "'rope_scaling':{'type':'linear','factor':2}|rope_scaling is not supported for Gemma4",
        "'rope_parameters':{'full_attention':{'rope_theta':10}}"
            + "|rope_parameters.sliding_attention.rope_theta is missing",
        "'use_bidirectional_attention':'all'|use_bidirectional_attention 'all' is not supported",
        "'enable_moe_block':true|num_experts is missing",
        "'enable_moe_block':true,'num_experts':4,'top_k_experts':5,'moe_intermediate_size':4"
            + "|top_k_experts 5 is more than the 4 experts",
        "'enable_moe_block':1|enable_moe_block must be true or false"
      })
  void whatDoesNotFitIsRefusedByItsKey(String more, String words) {
    AwpException refusal = assertThrows(AwpException.class, () -> read(more));
    String expected = words.replace((char) 39, (char) 34);
    assertTrue(refusal.getMessage().contains(expected), refusal.getMessage());
  }
}
