// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.model.forward;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.checkpoint.registry.Checkpoints;
import dev.awp.compute.Compute;
import dev.awp.format.registry.CheckpointWeights;
import dev.awp.model.ModelLayout;
import dev.awp.model.UnusedTensors;
import dev.awp.model.WeightSource;
import dev.awp.model.sublayer.LinearInputs;
import dev.awp.tensor.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * Logits for scripts/architectures: a folder of models with the tokens of expected.json in, an
 * awp.json of what awp computes beside each out.
 */
final class ArchitectureLogits {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ArchitectureLogits() {}

  public static void main(String[] arguments) throws IOException {
    try (Compute compute = Compute.create(2);
        DirectoryStream<Path> models =
            Files.newDirectoryStream(Path.of(arguments[0]), Files::isDirectory)) {
      for (Path model : models) {
        JsonNode tokens = JSON.readTree(model.resolve("expected.json").toFile()).path("tokens");
        JSON.writeValue(
            model.resolve("awp.json").toFile(),
            computed(
                model,
                IntStream.range(0, tokens.size()).map(i -> tokens.path(i).intValue()).toArray(),
                compute));
      }
    }
  }

  private static ObjectNode computed(Path folder, int[] tokens, Compute compute) {
    ObjectNode result = JSON.createObjectNode();
    try (Checkpoint checkpoint = Checkpoints.open(folder);
        Arena arena = Arena.ofShared()) {
      ModelLayout layout = ModelLayout.of(checkpoint.config());
      WeightSource weights = CheckpointWeights.of(checkpoint, layout, compute.kernels());
      layout.check(weights);
      ArrayNode warnings = result.putArray("warnings");
      checkpoint.warnings().forEach(warnings::add);
      UnusedTensors.warning(checkpoint, layout).ifPresent(warnings::add);
      TransformerModel model = new TransformerModel(layout, weights, compute);
      Matrix x = Matrix.allocate(arena, tokens.length, layout.columns().width());
      model.embed(tokens, x);
      for (int block = 0; block < checkpoint.config().layers(); block++) {
        model.block(block, arena).forward(x, tokens.length, LinearInputs.IGNORED);
      }
      ArrayNode logits = result.putArray("logits");
      for (int token = 0; token < tokens.length; token++) {
        ArrayNode row = logits.addArray();
        for (float logit : model.head().logits(x.rowRange(token, token + 1))) {
          row.add(logit);
        }
      }
    } catch (AwpException e) {
      result.put("refused", e.getMessage().replace(folder.toString(), ""));
    }
    return result;
  }
}
