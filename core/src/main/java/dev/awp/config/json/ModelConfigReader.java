// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.json;

import static dev.awp.config.RecurrenceRule.PATTERN_KEY;
import static dev.awp.config.RecurrenceRule.SUBLAYERS_KEY;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.awp.AwpException;
import dev.awp.config.Activation;
import dev.awp.config.Architecture;
import dev.awp.config.AttentionConfig;
import dev.awp.config.AttentionScores;
import dev.awp.config.AttentionTemperature;
import dev.awp.config.BlockConfig;
import dev.awp.config.ExpertConfig;
import dev.awp.config.ExpertRule;
import dev.awp.config.KeyValueConfig;
import dev.awp.config.LatentAttention;
import dev.awp.config.MlpConfig;
import dev.awp.config.ModelConfig;
import dev.awp.config.Multipliers;
import dev.awp.config.NormKind;
import dev.awp.config.PerLayerConfig;
import dev.awp.config.PerLayerRule;
import dev.awp.config.QueryKeyNorm;
import dev.awp.config.RecurrenceRule.Place;
import dev.awp.config.SublayerMultipliers;
import dev.awp.config.TensorNames;
import dev.awp.config.architecture.Architectures;
import dev.awp.json.JsonFile;
import dev.awp.rope.Rotation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Reads config.json as transformers writes it, older and newer spellings, with its defaults. */
public final class ModelConfigReader {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** No published model comes near: a larger number is a broken or hostile file. */
  private static final int LARGEST_WIDTH = 1 << 20;

  private static final int LARGEST_COUNT = 1 << 14;
  private static final int LARGEST_VOCABULARY = 1 << 24;

  private final Path file;

  private ModelConfigReader(Path file) {
    this.file = file;
  }

  /**
   * Reads and checks a config.json.
   *
   * @throws AwpException where it is not one, or asks for what awp does not know
   */
  public static ModelConfig read(Path file) {
    return new ModelConfigReader(file).read();
  }

  private ModelConfig read() {
    JsonNode given = JsonFile.readStrict(file);
    if (!given.isObject()) {
      throw new ConfigObject(file, given).fail("is no JSON object");
    }
    ConfigObject whole = new ConfigObject(file, given);
    ConfigObject text = whole.child(WrappedText.KEY);
    if (!text.node().isObject()) {
      Architecture architecture = architecture(given);
      KeyReview review = new KeyReview(whole, architecture);
      JsonNode completed = complete(review.read(), architecture.defaults());
      return read(new ConfigObject(file, completed), architecture, architecture.names(), review);
    }
    // Models that see as well keep what describes the text model in an object of its own.
    Architecture architecture =
        new WrappedText(given, text.node())
            .architecture()
            .orElseThrow(() -> unknownText(given, text.node()));
    KeyReview.around(whole, architecture);
    KeyReview review = new KeyReview(text, architecture);
    JsonNode own = complete(review.read(), WrappedText.shared(given).toString());
    JsonNode completed = complete(complete(own, architecture.defaults()), architecture.sizes());
    TensorNames alone = architecture.names();
    TensorNames names =
        alone.below(WrappedText.PREFIX + alone.decoder(), WrappedText.PREFIX + alone.head());
    return read(new ConfigObject(file, completed), architecture, names, review);
  }

  /**
   * The same object with defaults under the keys that it lacks. A key that is there with the value
   * null stays null.
   */
  private static JsonNode complete(JsonNode given, String defaultsJson) {
    try {
      ObjectNode defaults = (ObjectNode) JSON.readTree(defaultsJson);
      return defaults.setAll((ObjectNode) given);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ModelConfig read(
      ConfigObject root, Architecture architecture, TensorNames names, KeyReview review) {
    int hidden = root.integer("hidden_size", LARGEST_WIDTH);
    int layers = layers(root, architecture);
    List<OptionalInt> windows = new SlidingReader(root, architecture.windows(), layers).ofBlocks();
    Optional<LatentAttention> latent = latent(root, architecture);
    int rotated = latent.isPresent() ? root.integer("qk_rope_head_dim", LARGEST_COUNT) : 0;
    List<Heads> heads =
        Heads.ofBlocks(
            root,
            architecture,
            latent.map(own -> own.plainDimension() + rotated),
            windows,
            LARGEST_WIDTH);
    int headDimension = dimension(root, heads, windows, OptionalInt::isEmpty);
    int localDimension = dimension(root, heads, windows, OptionalInt::isPresent);
    for (Heads own : heads) {
      if (latent.isPresent() && own.keyValues() != own.queries()) {
        throw root.fail(
            "num_key_value_heads %s is not num_attention_heads %s"
                .formatted(own.keyValues(), own.queries()));
      }
    }
    int maxPositions = root.integerOr("max_position_embeddings", 2048, Integer.MAX_VALUE);
    RopeReader rope = new RopeReader(root, architecture, review);
    Rotation rotation = rope.rotation(latent.isPresent() ? rotated : headDimension, maxPositions);
    Optional<Rotation> local =
        rope.localRotation(
            rotation,
            architecture.globalHeads().isPresent() ? localDimension : rotation.dimension());
    AttentionScores scores =
        new AttentionScores(
            (architecture.scalesScores() ? divisor(root, headDimension) : 1)
                / Math.pow(rope.scoreAmplitude(), 4)
                / Math.pow(root.positiveOr("key_multiplier", 1), 2),
            softCap(root, "attn_logit_softcapping"),
            rope.temperature(maxPositions),
            architecture.sinks());
    boolean bias = root.flag("attention_bias");
    boolean inputBias = root.flag("qkv_bias") || bias;
    boolean outputBias = bias && architecture.outputBias();
    List<Integer> widths =
        root.ofBlocks(
            architecture.experts().flatMap(ExpertRule::denseWidthKey).orElse("intermediate_size"),
            layers,
            1,
            LARGEST_WIDTH);
    Activation activation = activation(root);
    boolean mlpBias = root.flag("mlp_bias");
    List<Boolean> positions = new PositionReader(root, architecture.positions()).ofBlocks(windows);
    List<OptionalInt> chunks = new ChunkReader(root, architecture).ofBlocks(positions);
    Optional<AttentionTemperature> unrotated = temperature(root, architecture);
    List<Optional<ExpertConfig>> experts =
        new ExpertReader(root, layers, LARGEST_WIDTH, LARGEST_COUNT)
            .ofBlocks(architecture.experts());
    List<RecurrenceReader.Sublayers> sublayers =
        new RecurrenceReader(root, hidden, layers, LARGEST_WIDTH, LARGEST_COUNT)
            .ofBlocks(architecture.recurrence());
    List<OptionalInt> sources = new SharingReader(root, architecture).ofBlocks(windows, heads);
    boolean wide = architecture.keySharing().map(rule -> root.flag(rule.wideKey())).orElse(false);
    Optional<PerLayerConfig> perLayer = perLayer(root, architecture);
    List<BlockConfig> blocks = new ArrayList<>();
    for (int block = 0; block < layers; block++) {
      int times = wide && sources.get(block).isPresent() ? 2 : 1;
      int index = block;
      OptionalInt window = windows.get(block);
      Optional<Rotation> own =
          Optional.of(window.isPresent() ? local.orElse(rotation) : rotation)
              .filter(_ -> positions.get(index));
      AttentionConfig attention =
          new AttentionConfig(
              heads.get(block).queries(),
              heads.get(block).keyValues(),
              heads.get(block).dimension(),
              new KeyValueConfig(
                  heads.get(block).keysAreValues(), architecture.normsValues(), sources.get(block)),
              latent,
              own.isPresent() || unrotated.isEmpty() ? scores : scores.with(unrotated.get()),
              own,
              window,
              chunks.get(block),
              queryKeyNorm(root, architecture, own.isPresent()),
              inputBias,
              outputBias,
              architecture.outputGate());
      blocks.add(
          new BlockConfig(
              Optional.of(attention)
                  .filter(some -> some.heads() > 0 && sublayers.get(index).attention()),
              sublayers.get(block).recurrence(),
              Optional.of(
                      new MlpConfig(
                          times * widths.get(block), activation, mlpBias, architecture.gated()))
                  .filter(_ -> sublayers.get(index).feedForward()),
              experts.get(block).filter(_ -> sublayers.get(index).experts()),
              perLayer));
    }
    return new ModelConfig(
        root.file(),
        architecture,
        names,
        hidden,
        root.integer("vocab_size", LARGEST_VOCABULARY),
        maxPositions,
        epsilon(root, architecture.norms().kind()),
        root.flag("tie_word_embeddings"),
        multipliers(root),
        softCap(root, "final_logit_softcapping"),
        rotation,
        local,
        blocks,
        review.warnings());
  }

  /** The number of blocks, which the list of their sublayers says where there is one. */
  private static int layers(ConfigObject root, Architecture architecture) {
    String key = "num_hidden_layers";
    boolean listed =
        architecture.recurrence().filter(rule -> rule.place() == Place.ALONE).isPresent();
    if (!listed) {
      return root.integer(key, LARGEST_COUNT);
    }
    int count = SublayerKind.ofBlocks(root).size();
    if (count == 0 || count > LARGEST_COUNT) {
      throw root.fail("%s must list 1 to %s blocks".formatted(SUBLAYERS_KEY, LARGEST_COUNT));
    }
    if (root.integerOr(key, count, LARGEST_COUNT) != count) {
      throw root.fail(
          "%s %s is not the number of blocks in %s or %s, %s"
              .formatted(key, root.node().path(key), SUBLAYERS_KEY, PATTERN_KEY, count));
    }
    return count;
  }

  /**
   * Columns of a head of the blocks of a kind, which are the same for all of them; that of the
   * first block where there are none.
   */
  private static int dimension(
      ConfigObject root,
      List<Heads> heads,
      List<OptionalInt> windows,
      Predicate<OptionalInt> kind) {
    List<Integer> dimensions =
        IntStream.range(0, heads.size())
            .filter(block -> kind.test(windows.get(block)))
            .mapToObj(block -> heads.get(block).dimension())
            .distinct()
            .toList();
    if (dimensions.size() > 1) {
      throw root.fail(
          "head_dim is one of %s in blocks of one kind, which rotate alike".formatted(dimensions));
    }
    return dimensions.isEmpty() ? heads.getFirst().dimension() : dimensions.getFirst();
  }

  private static Optional<LatentAttention> latent(ConfigObject root, Architecture architecture) {
    if (!architecture.latentAttention()) {
      return Optional.empty();
    }
    return Optional.of(
        new LatentAttention(
            root.has("q_lora_rank")
                ? OptionalInt.of(root.integer("q_lora_rank", LARGEST_WIDTH))
                : OptionalInt.empty(),
            root.integer("kv_lora_rank", LARGEST_WIDTH),
            root.integer("qk_nope_head_dim", LARGEST_COUNT),
            root.integer("v_head_dim", LARGEST_COUNT)));
  }

  /** By whose root scores are divided. */
  private static double divisor(ConfigObject root, int headDimension) {
    String factor = "attention_multiplier";
    return root.has(factor)
        ? 1 / (root.positive(factor) * root.positive(factor))
        : root.positiveOr("query_pre_attn_scalar", headDimension);
  }

  private static Optional<PerLayerConfig> perLayer(ConfigObject root, Architecture architecture) {
    Optional<PerLayerRule> rule = architecture.perLayer();
    int width = rule.map(own -> root.integerOrZero(own.widthKey(), LARGEST_WIDTH)).orElse(0);
    if (width == 0) {
      return Optional.empty();
    }
    String key = rule.orElseThrow().vocabularyKey();
    int vocabulary = root.integer(key, LARGEST_VOCABULARY);
    if (vocabulary < root.integer("vocab_size", LARGEST_VOCABULARY)) {
      throw root.fail(
          "%s %s is less than vocab_size %s"
              .formatted(key, vocabulary, root.node().path("vocab_size")));
    }
    return Optional.of(new PerLayerConfig(width, vocabulary));
  }

  private static Multipliers multipliers(ConfigObject root) {
    return new Multipliers(
        (float) root.positiveOr("embedding_multiplier", 1),
        (float) root.positiveOr("residual_multiplier", 1),
        (float)
            (root.positiveOr("logit_scale", 1)
                * root.positiveOr("lm_head_multiplier", 1)
                / root.positiveOr("logits_scaling", 1)),
        sublayerMultipliers(root));
  }

  private static SublayerMultipliers sublayerMultipliers(ConfigObject root) {
    String key = "mlp_multipliers";
    List<Double> mlp = root.has(key) ? root.positives(key, 2) : List.of(1.0, 1.0);
    return new SublayerMultipliers(
        (float) root.positiveOr("attention_in_multiplier", 1),
        (float) root.positiveOr("attention_out_multiplier", 1),
        (float) root.positiveOr("ssm_in_multiplier", 1),
        (float) root.positiveOr("ssm_out_multiplier", 1),
        mlp.get(0).floatValue(),
        mlp.get(1).floatValue());
  }

  private static QueryKeyNorm queryKeyNorm(
      ConfigObject root, Architecture architecture, boolean rotated) {
    boolean there =
        architecture.queryKeyNormKey().map(root::flag).orElse(true)
            && (rotated || architecture.queryKeyNorm() != QueryKeyNorm.ROTATED_HEADS);
    return there ? architecture.queryKeyNorm() : QueryKeyNorm.NONE;
  }

  /** Of queries of blocks that know no positions. */
  private static Optional<AttentionTemperature> temperature(
      ConfigObject root, Architecture architecture) {
    String flag = "attn_temperature_tuning";
    return KnownKeys.isRead(architecture, flag) && root.flag(flag)
        ? Optional.of(
            new AttentionTemperature(
                root.positive("attn_scale"), root.integer("floor_scale", Integer.MAX_VALUE), 1))
        : Optional.empty();
  }

  private static float epsilon(ConfigObject root, NormKind kind) {
    String usual = kind == NormKind.RMS ? "rms_norm_eps" : "layer_norm_eps";
    String key = root.has("layer_norm_epsilon") ? "layer_norm_epsilon" : usual;
    float epsilon = (float) root.positiveOr(key, kind == NormKind.RMS ? 1e-6 : 1e-5);
    if (!(epsilon > 0 && epsilon < 1)) {
      throw root.fail(key + " " + root.node().path(key) + " is not between 0 and 1");
    }
    return epsilon;
  }

  /** Gemma and Nemotron-H have keys of their own; a hidden_act beside them means nothing. */
  private static Activation activation(ConfigObject root) {
    String key =
        Stream.of("hidden_activation", "mlp_hidden_act")
            .filter(root::has)
            .findFirst()
            .orElse("hidden_act");
    String name = root.text(key, "silu");
    return switch (name) {
      case "silu" -> Activation.SILU;
      case "gelu_pytorch_tanh" -> Activation.GELU_TANH;
      case "relu2" -> Activation.SQUARED_RELU;
      default ->
          throw root.fail(
              "%s '%s' is not supported, only silu, gelu_pytorch_tanh and relu2 are"
                  .formatted(key, name));
    };
  }

  private static Optional<Float> softCap(ConfigObject root, String key) {
    return root.has(key) ? Optional.of((float) root.positive(key)) : Optional.empty();
  }

  /** The architecture comes before all else that may be wrong: it says what the keys mean. */
  private Architecture architecture(JsonNode root) {
    JsonNode first = root.path("architectures").path(0);
    String type = root.path("model_type").asText("");
    Optional<Architecture> ofType = Architectures.ofModelType(type);
    if (!first.isTextual()) {
      throw type.isEmpty() || ofType.isPresent()
          ? new AwpException(file + ": architectures is missing" + answer(root))
          : unknown("model_type " + type);
    }
    Architecture named =
        Architectures.named(first.textValue())
            .orElseThrow(() -> unknown("architecture " + first.textValue()));
    if (ofType.isPresent() && !named.modelType().isEmpty() && !named.modelType().equals(type)) {
      throw new AwpException(
          "%s: architectures says %s, and model_type %s is that of %s"
              .formatted(file, named.name(), type, ofType.get().name()));
    }
    return named;
  }

  /** Servers send errors as JSON, and downloads keep them under the name of the file. */
  private static String answer(JsonNode root) {
    for (String key : List.of("error", "message", "detail", "errors")) {
      if (root.hasNonNull(key)) {
        return ", this looks like a server's answer: %s: %s".formatted(key, root.path(key));
      }
    }
    return "";
  }

  /** A model that does more than text, around a text model that is not known. */
  private AwpException unknownText(JsonNode whole, JsonNode text) {
    String type = text.path("model_type").asText("");
    String name = whole.path("architectures").path(0).asText("");
    if (name.isEmpty()) {
      return unknown("model_type " + (type.isEmpty() ? whole.path("model_type").asText("") : type));
    }
    return unknown("architecture " + name, type.isEmpty() ? "" : ", with a text model " + type);
  }

  private AwpException unknown(String what) {
    return unknown(what, "");
  }

  private AwpException unknown(String what, String more) {
    String supported =
        Architectures.all().stream().map(Architecture::name).collect(Collectors.joining(", "));
    return new AwpException(
        "%s: %s is not supported%s; these are: %s".formatted(file, what, more, supported));
  }
}
