// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.compressedtensors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.awp.checkpoint.Checkpoint;
import dev.awp.format.packed.BitStream;
import dev.awp.format.packed.PackedShapes;
import dev.awp.format.safetensors.LayerOpener;
import dev.awp.format.safetensors.QuantizationSettings;
import dev.awp.kernel.Kernels;
import dev.awp.model.LinearLayer;
import dev.awp.stored.StoredTensor;
import dev.awp.stored.TensorEncoder;
import dev.awp.stored.TensorReader;
import dev.awp.stored.TensorView;
import dev.awp.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the layers of a compressed-tensors checkpoint. Which group of the configuration a layer
 * belongs to is not asked: its tensors' shapes tell the bits, the group size and whether there are
 * zero points, and no pattern of a foreign file is matched.
 */
public final class CompressedTensorsOpener implements LayerOpener {
  private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4}).*");

  private static final Logger LOG = LoggerFactory.getLogger(CompressedTensorsOpener.class);

  private static final List<String> LAYOUTS =
      List.of(
          PackScheme.Integers.LAYOUT,
          FloatKind.NVFP4.layout(),
          FloatKind.MXFP4.layout(),
          CompressedTensorsFormat.MIXED);

  private final Checkpoint checkpoint;
  private final QuantizationSettings settings;
  private final CompressedTensorsLayer format;
  private final Set<Integer> bits = new TreeSet<>();

  public CompressedTensorsOpener(
      Checkpoint checkpoint, QuantizationSettings settings, Kernels kernels) {
    this.checkpoint = checkpoint;
    this.settings = settings;
    checkLayout(settings.root());
    boolean activations = false;
    for (JsonNode group : settings.root().path("config_groups")) {
      checkLayout(group);
      JsonNode weights = group.path("weights");
      activations |= group.path("input_activations").isObject();
      switch (weights.path("type").asText("int")) {
        case "int" -> bits.add(settings.bits(weights, "num_bits"));
        case "float" -> checkFloat(weights);
        default ->
            throw settings.fail(
                "weights of type %s are not supported, only int and float are"
                    .formatted(weights.path("type")));
      }
    }
    if (activations) {
      LOG.warn(
          "{}: activations are rounded too where the model runs; awp rounds none",
          checkpoint.folder());
    }
    this.format = new CompressedTensorsLayer(new TensorEncoder(kernels), new TensorReader(kernels));
  }

  private void checkLayout(JsonNode node) {
    String layout = node.path("format").asText(PackScheme.Integers.LAYOUT);
    if (!LAYOUTS.contains(layout)) {
      throw settings.fail(
          "format %s is not supported, only %s are".formatted(layout, String.join(", ", LAYOUTS)));
    }
  }

  private void checkFloat(JsonNode weights) {
    if (weights.path("num_bits").asInt() != 4) {
      throw settings.fail(
          "weights in floating point of %s bits are not supported in this format, only 4 are"
              .formatted(weights.path("num_bits")));
    }
  }

  @Override
  public String codes(LinearLayer layer) {
    return CompressedTensorsLayer.packed(layer);
  }

  @Override
  public StoredTensor open(LinearLayer layer) {
    TensorView packed = checkpoint.view(codes(layer));
    if (packed.dtype() == DType.U8) {
      return open(layer, packed);
    }
    if (checkpoint.contains(layer.name() + ".weight_g_idx")) {
      throw PackedShapes.fail(
          packed, "has an order of its columns (g_idx), which is not supported");
    }
    String zeros = CompressedTensorsLayer.zeroPoint(layer);
    Optional<TensorView> zeroPoint =
        checkpoint.contains(zeros) ? Optional.of(checkpoint.view(zeros)) : Optional.empty();
    return format.open(layer, bits(layer, packed), zeroPoint, checkpoint::view);
  }

  private StoredTensor open(LinearLayer layer, TensorView packed) {
    FloatMatrix matrix =
        FloatMatrix.open(
            layer.name(),
            name ->
                checkpoint.contains(name) ? Optional.of(checkpoint.view(name)) : Optional.empty());
    if (matrix.rows() != layer.rows() || matrix.columns() != layer.columns()) {
      throw PackedShapes.fail(
          packed,
          "holds [%s, %s] where config.json implies [%s, %s]"
              .formatted(matrix.rows(), matrix.columns(), layer.rows(), layer.columns()));
    }
    return matrix;
  }

  /** The one number of bits among the groups' with which a row has as many words as it has. */
  private int bits(LinearLayer layer, TensorView packed) {
    long words = packed.shape().isEmpty() ? 0 : packed.shape().getLast();
    int[] fitting =
        bits.stream()
            .mapToInt(Integer::intValue)
            .filter(b -> BitStream.words(layer.columns(), b) == words)
            .toArray();
    if (fitting.length != 1) {
      throw PackedShapes.fail(
          packed,
          "has shape %s, which fits %s of the configured bits %s for %s columns"
              .formatted(packed.shape(), fitting.length, bits, layer.columns()));
    }
    if (fitting[0] == 3 && padsThreeBits()) {
      throw settings.fail(
          "3 bits of version %s are packed with padding, which is not supported; 0.18.0 packs them without"
              .formatted(settings.root().path("version")));
    }
    return fitting[0];
  }

  private boolean padsThreeBits() {
    Matcher version = VERSION.matcher(settings.root().path("version").asText(""));
    return !version.matches()
        || (Integer.parseInt(version.group(1)) == 0 && Integer.parseInt(version.group(2)) < 18);
  }
}
