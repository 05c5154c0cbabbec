// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.registry;

import static java.util.stream.Collectors.toMap;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.AwpException;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.config.json.StatedQuantization;
import dev.awp.format.awq.AwqFormat;
import dev.awp.format.awq.AwqOpener;
import dev.awp.format.compressedtensors.CompressedTensorsFormat;
import dev.awp.format.compressedtensors.CompressedTensorsOpener;
import dev.awp.format.gptq.GptqFormat;
import dev.awp.format.gptq.GptqOpener;
import dev.awp.format.safetensors.ConfigFiles;
import dev.awp.format.safetensors.LayerOpener;
import dev.awp.format.safetensors.QuantizationSettings;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.model.ModelLayout;
import dev.awp.model.UnusedTensors;
import dev.awp.model.WeightSource;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.StoredType;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The weights of any checkpoint that awp reads, this program's or others': ordinary tensors, and
 * layers packed as compressed-tensors, GPTQ or AWQ have them, decoded to float32.
 */
public final class CheckpointWeights {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointWeights.class);

  private CheckpointWeights() {}

  /** How a checkpoint is quantized, by its tensors or its files; empty where it is not. */
  public static String method(Checkpoint checkpoint) {
    return codes(checkpoint).stream()
        .findFirst()
        .orElseGet(() -> stated(checkpoint).path("quant_method").asText(""));
  }

  /** Names of the types whose tensors hold codes in blocks, in the order of their data. */
  public static Set<String> codes(Checkpoint checkpoint) {
    return checkpoint.tensors().stream()
        .map(StoredTensor::type)
        .filter(type -> type.dtype().isEmpty())
        .map(StoredType::name)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** What the files say, unless the tensors say otherwise. */
  private static JsonNode stated(Checkpoint checkpoint) {
    return checkpoint.corrections().unquantized()
        ? ConfigFiles.object()
        : StatedQuantization.of(checkpoint.companions());
  }

  /**
   * The weights of an open checkpoint.
   *
   * @throws AwpException where it is quantized in a way that awp does not read
   */
  public static WeightSource of(Checkpoint checkpoint, ModelLayout layout, Kernels kernels) {
    JsonNode quantization = stated(checkpoint);
    if (quantization.isEmpty()) {
      UnusedTensors.warning(checkpoint, layout)
          .ifPresent(warning -> LOG.warn("{}: {}", checkpoint.folder(), warning));
      return checkpoint::tensor;
    }
    LayerOpener opener = opener(checkpoint, quantization, kernels);
    Map<String, LinearLayer> linears =
        Stream.concat(layout.linears().stream(), layout.head().stream())
            .collect(toMap(LinearLayer::weight, layer -> layer));
    return name -> {
      LinearLayer layer = linears.get(name);
      if (layer == null || !checkpoint.contains(opener.codes(layer))) {
        return checkpoint.tensor(name);
      }
      if (checkpoint.contains(name)) {
        throw new AwpException(
            "%s: holds both %s and %s".formatted(checkpoint.folder(), name, opener.codes(layer)));
      }
      return opener.open(layer);
    };
  }

  private static LayerOpener opener(Checkpoint checkpoint, JsonNode quantization, Kernels kernels) {
    QuantizationSettings settings =
        new QuantizationSettings(checkpoint.folder().resolve(ConfigFiles.CONFIG), quantization);
    String method = quantization.path("quant_method").asText(GptqFormat.METHOD);
    return switch (method) {
      case CompressedTensorsFormat.NAME ->
          new CompressedTensorsOpener(checkpoint, settings, kernels);
      case GptqFormat.METHOD -> new GptqOpener(checkpoint, settings, kernels);
      case AwqFormat.METHOD -> new AwqOpener(checkpoint, settings, kernels);
      default ->
          throw settings.fail(
              "quant_method '%s' is not supported, only %s, %s and %s are; where Python's transformers loads it, model.dequantize() and save_pretrained(NEW_DIR) give plain numbers"
                  .formatted(
                      method, CompressedTensorsFormat.NAME, GptqFormat.METHOD, AwqFormat.METHOD));
    };
  }
}
