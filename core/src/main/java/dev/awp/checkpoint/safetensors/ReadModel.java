// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.checkpoint.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import dev.awp.checkpoint.ConfigCorrections;
import dev.awp.checkpoint.ExpertSlices;
import dev.awp.config.ModelConfig;
import dev.awp.config.TensorNames;
import dev.awp.config.json.StatedQuantization;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model as its tensors have it. Where config.json says otherwise, they decide: on names, on
 * whether the head is tied, and on whether anything is quantized.
 *
 * @param config corrected
 * @param warnings every decision against the files' word, a sentence each
 */
record ReadModel(
    ModelConfig config,
    Map<String, StoredTensor> tensors,
    ConfigCorrections corrections,
    List<String> warnings) {
  static ReadModel of(Path folder, ModelConfig given, FolderTensors.Found found) {
    List<String> warnings = new ArrayList<>(given.warnings());
    warnings.addAll(found.warnings());
    ModelConfig named = given.withNames(new NameSearch(given, found.tensors()).names());
    ModelConfig config = ExpertSlices.found(named, found.tensors().keySet());
    JsonNode settings = StatedQuantization.of(folder);
    Float8Layers float8 =
        new Float8Layers(found.tensors(), settings, written(found.tensors(), config.names()));
    StackedExperts experts =
        new StackedExperts(config, float8.read(), written(found.tensors(), config.names()));
    Map<String, StoredTensor> tensors = experts.apart();
    warnings.addAll(float8.warnings());
    experts.warning().ifPresent(warnings::add);
    boolean stated = !settings.isEmpty() || !StatedQuantization.files(folder).isEmpty();
    boolean stale = stated && !holdsCodes(tensors, config.names());
    if (stale) {
      warnings.add(
          "quantization_config (%s) is left out of outputs: %s"
              .formatted(
                  settings.path("quant_method").asText("in a file of its own"),
                  float8.warnings().isEmpty() && experts.warning().isEmpty()
                      ? "no tensor of the model is quantized, and the tensors count"
                      : "nothing is quantized any more"));
    }
    boolean untied = config.tieWordEmbeddings() && hasOtherHead(tensors, config.names());
    if (untied) {
      warnings.add(
          "tie_word_embeddings is true, but %s holds other values than %s: it is the output head, and outputs say false"
              .formatted(config.names().headTensor(), config.names().embedding()));
    }
    checkHead(folder, config, tensors);
    return new ReadModel(
        untied ? config.untied() : config,
        tensors,
        new ConfigCorrections(untied, stale, Optional.empty()),
        List.copyOf(warnings));
  }

  /** The element type of the embeddings, which all plain tensors of a model have. */
  private static DType written(Map<String, TensorView> tensors, TensorNames names) {
    return Optional.ofNullable(tensors.get(names.embedding()))
        .map(TensorView::dtype)
        .filter(DType::isComputable)
        .orElse(DType.BF16);
  }

  /** Whether tensors of the language model are of types that nobody stores plain weights in. */
  private static boolean holdsCodes(Map<String, StoredTensor> tensors, TensorNames names) {
    return tensors.values().stream()
        .filter(tensor -> names.has(tensor.name()))
        .map(tensor -> tensor.type().dtype())
        .anyMatch(type -> type.isEmpty() || isOfCodes(type.get()));
  }

  private static boolean isOfCodes(DType type) {
    return switch (type) {
      case F32, F16, BF16, F64, C64, BOOL -> false;
      default -> true;
    };
  }

  private static boolean hasOtherHead(Map<String, StoredTensor> tensors, TensorNames names) {
    StoredTensor embedding = tensors.get(names.embedding());
    StoredTensor head = tensors.get(names.headTensor());
    return embedding != null && head != null && !SameTensor.values(embedding, head);
  }

  /** transformers fills a head that is missing with random numbers. */
  private static void checkHead(
      Path folder, ModelConfig config, Map<String, StoredTensor> tensors) {
    TensorNames names = config.names();
    boolean missing = tensors.keySet().stream().noneMatch(n -> n.startsWith(names.head() + "."));
    if (!config.tieWordEmbeddings() && missing && tensors.containsKey(names.embedding())) {
      throw new AwpException(
          "%s: tensor %s is missing; where the embeddings are the output head, config.json has to say tie_word_embeddings true"
              .formatted(folder, names.headTensor()));
    }
  }
}
