// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import dev.awp.AwpException;
import dev.awp.PlainText;
import dev.awp.cli.CompressWords;
import dev.awp.compress.CompressionOptions;
import dev.awp.recipe.RecipeFile;
import dev.awp.recipe.YamlMap;
import dev.awp.report.ReportFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * A YAML file of models and recipes, as the runs that it stands for (docs/clusters.md).
 *
 * @param results folder of what is said about the runs
 * @param runs every model with every recipe, in the order of the file
 * @param spark settings that are passed on
 */
record BatchFile(Path file, Path results, List<BatchRun> runs, Map<String, String> spark) {
  private static final String MODELS = "models";
  private static final String RECIPES = "recipes";
  private static final String OUTPUT = "output";
  private static final String RESULTS = "results";
  private static final String SPARK = "spark";
  private static final String NAME = "name";
  private static final String PATH = "path";
  private static final String RECIPE = "recipe";
  private static final Set<String> KEYS = Set.of(MODELS, RECIPES, OUTPUT, RESULTS, SPARK);
  private static final Set<String> MODEL_KEYS = Set.of(NAME, PATH);
  private static final Set<String> RECIPE_KEYS = Set.of(NAME, RECIPE);
  private static final Pattern GOOD_NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}");
  private static final Pattern HOLE = Pattern.compile("\\{([^{}]*)}");

  BatchFile {
    runs = List.copyOf(runs);
  }

  /**
   * A model or a recipe.
   *
   * @param place file and line
   * @param path of the model, or of the recipe's own file
   * @param keys that stand beside it
   * @param rules those of the keys, as plain lists and maps
   */
  private record Entry(
      String place,
      String name,
      Optional<Path> path,
      List<RecipeFile.Flag> keys,
      Optional<Object> rules) {}

  /**
   * Reads a batch. Rules that stand in it become recipe files of their own below the results.
   *
   * @throws AwpException that names file, line and key, or the run, and the rule
   */
  static BatchFile read(Path file) {
    YamlMap root = YamlMap.read(file, "a batch");
    for (String key : List.of(MODELS, OUTPUT)) {
      if (!root.has(key)) {
        throw new AwpException("%s: the key %s is missing".formatted(file, key));
      }
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    Path results =
        root.has(RESULTS)
            ? path(root, RESULTS, folder, root.text(RESULTS))
            : folder.resolve(stem(file) + "-batch");
    RecipeFile all = RecipeFile.of(file, root, KEYS);
    List<Entry> models = new ArrayList<>();
    for (Node node : root.list(MODELS)) {
      models.add(model(file, folder, root, node));
    }
    List<Entry> recipes = new ArrayList<>();
    if (root.has(RECIPES)) {
      if (root.has(RecipeFile.RULES)) {
        throw new AwpException(
            root.place(RecipeFile.RULES) + ": beside recipes, each of them has rules of its own");
      }
      for (Node node : root.list(RECIPES)) {
        recipes.add(recipe(file, folder, root, node));
      }
    } else {
      recipes.add(
          new Entry(root.place(), stem(file), Optional.empty(), List.of(), rules(root, all)));
    }
    checkNames(root, MODELS, models);
    checkNames(root, RECIPES, recipes);
    Map<String, String> spark = root.has(SPARK) ? spark(root) : Map.of();
    List<BatchRun> runs = new ArrayList<>();
    Map<Path, String> outputs = new HashMap<>();
    for (Entry model : models) {
      for (Entry recipe : recipes) {
        Path output = path(root, OUTPUT, folder, filled(root, model, recipe));
        BatchRun run = run(file, all, model, recipe, output, results);
        String other = outputs.putIfAbsent(output, run.name());
        if (other != null) {
          throw new AwpException(
              "%s: %s is the output of %s and of %s; {model} and {recipe} stand for their names"
                  .formatted(root.place(OUTPUT), output, other, run.name()));
        }
        runs.add(run);
      }
    }
    outputs.forEach(
        (output, name) -> {
          Path work = OutputState.work(output);
          if (outputs.containsKey(work)) {
            throw new AwpException(
                "%s: %s is the output of %s, and where %s works until it is finished"
                    .formatted(root.place(OUTPUT), work, outputs.get(work), name));
          }
        });
    return new BatchFile(file, results, runs, spark);
  }

  private static Entry model(Path file, Path folder, YamlMap root, Node node) {
    if (!(node instanceof MappingNode)) {
      Path path = path(root, MODELS, folder, text(root, MODELS, node));
      return new Entry(
          root.place(MODELS), named(path), Optional.of(path), List.of(), Optional.empty());
    }
    YamlMap map = YamlMap.of(file, "a model", node);
    if (!map.has(PATH)) {
      throw new AwpException(map.place() + ": a model has a path");
    }
    if (map.has(RecipeFile.RULES)) {
      throw new AwpException(map.place(RecipeFile.RULES) + ": rules belong to recipes");
    }
    Path path = path(map, PATH, folder, map.text(PATH));
    return new Entry(
        map.place(),
        map.has(NAME) ? map.text(NAME) : named(path),
        Optional.of(path),
        RecipeFile.of(file, map, MODEL_KEYS).flags(),
        Optional.empty());
  }

  private static Entry recipe(Path file, Path folder, YamlMap root, Node node) {
    if (!(node instanceof MappingNode)) {
      Path path = path(root, RECIPES, folder, text(root, RECIPES, node));
      return new Entry(
          root.place(RECIPES), stem(path), Optional.of(path), List.of(), Optional.empty());
    }
    YamlMap map = YamlMap.of(file, "a recipe", node);
    if (!map.has(NAME) && !map.has(RECIPE)) {
      throw new AwpException(
          map.place() + ": a recipe has a name, or is a file of its own: recipe: FILE");
    }
    Optional<Path> path =
        map.has(RECIPE)
            ? Optional.of(path(map, RECIPE, folder, map.text(RECIPE)))
            : Optional.empty();
    if (path.isPresent() && map.has(RecipeFile.RULES)) {
      throw new AwpException(
          map.place(RecipeFile.RULES) + ": rules stand here or in the recipe's file, not in both");
    }
    RecipeFile read = RecipeFile.of(file, map, RECIPE_KEYS);
    return new Entry(
        map.place(),
        map.has(NAME) ? map.text(NAME) : stem(path.orElseThrow()),
        path,
        read.flags(),
        rules(map, read));
  }

  private static Optional<Object> rules(YamlMap map, RecipeFile read) {
    return read.rules().isEmpty() ? Optional.empty() : Optional.of(map.plain(RecipeFile.RULES));
  }

  private static String text(YamlMap root, String key, Node node) {
    if (node instanceof ScalarNode scalar && !scalar.getValue().isEmpty()) {
      return scalar.getValue();
    }
    throw new AwpException(root.place(key) + ": each is a path, or a mapping of keys to values");
  }

  private static Map<String, String> spark(YamlMap root) {
    Map<String, String> settings = root.words(SPARK);
    for (String key : settings.keySet()) {
      if (!key.startsWith("spark.")) {
        throw new AwpException(
            "%s: %s is no setting of Spark; these begin with 'spark.'"
                .formatted(root.place(SPARK), key));
      }
    }
    if (Boolean.parseBoolean(settings.get("spark.speculation"))) {
      throw new AwpException(
          root.place(SPARK) + ": spark.speculation would run a compression twice at a time");
    }
    if (settings.containsKey("spark.task.cpus")) {
      throw new AwpException(
          root.place(SPARK)
              + ": spark.task.cpus is the cores of a run, which --cores-per-run says");
    }
    return settings;
  }

  private static void checkNames(YamlMap root, String key, List<Entry> entries) {
    Set<String> seen = new HashSet<>();
    if (entries.isEmpty()) {
      throw new AwpException(root.place(key) + ": the list is empty");
    }
    for (Entry entry : entries) {
      if (!GOOD_NAME.matcher(entry.name()).matches()) {
        throw new AwpException(
            ("%s: '%s' is no name of letters, digits, '_', '-' and, behind them, '.'; the key name"
                    + " gives one")
                .formatted(entry.place(), entry.name()));
      }
      if (!seen.add(entry.name())) {
        throw new AwpException(
            "%s: two of the %s are called %s; the key name tells them apart"
                .formatted(entry.place(), key, entry.name()));
      }
    }
  }

  private static String filled(YamlMap root, Entry model, Entry recipe) {
    String pattern = root.text(OUTPUT);
    Matcher holes = HOLE.matcher(pattern);
    return holes.replaceAll(
        hole ->
            Matcher.quoteReplacement(
                switch (hole.group(1)) {
                  case "model" -> model.name();
                  case "recipe" -> recipe.name();
                  default ->
                      throw new AwpException(
                          "%s: {%s} stands for nothing; {model} and {recipe} do"
                              .formatted(root.place(OUTPUT), hole.group(1)));
                }));
  }

  /** What is nearer to the recipe wins: all runs, the model, the recipe's file, its own keys. */
  private static BatchRun run(
      Path file, RecipeFile all, Entry model, Entry recipe, Path output, Path results) {
    Map<String, RecipeFile.Flag> flags = new LinkedHashMap<>();
    all.flags().forEach(flag -> flags.put(flag.name(), flag));
    model.keys().forEach(flag -> flags.put(flag.name(), flag));
    recipe
        .path()
        .ifPresent(
            path -> RecipeFile.read(path).flags().forEach(flag -> flags.remove(flag.name())));
    recipe.keys().forEach(flag -> flags.put(flag.name(), flag));
    List<String> words =
        new ArrayList<>(List.of(model.path().orElseThrow().toString(), output.toString()));
    recipe.path().ifPresent(path -> words.add("--recipe=" + path));
    recipe
        .rules()
        .ifPresent(rules -> words.add("--recipe=" + rulesFile(results, recipe.name(), rules)));
    words.addAll(CompressWords.of(all, List.copyOf(flags.values())));
    String name = model.name() + "+" + recipe.name();
    try {
      CompressionOptions options = CompressWords.read(words);
      return new BatchRun(model.name(), recipe.name(), words, options);
    } catch (AwpException e) {
      throw new AwpException("%s, run %s: %s".formatted(file, name, e.getMessage()), e);
    }
  }

  /**
   * The rules as a recipe of their own; left alone where it is there, for its time is looked at.
   */
  private static Path rulesFile(Path results, String name, Object rules) {
    Path file = results.resolve("rules").resolve(name + ".yaml");
    String text = ReportFile.toJson(Map.of(RecipeFile.RULES, rules)) + "\n";
    try {
      if (!Files.exists(file) || !Files.readString(file).equals(text)) {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
      }
      return file;
    } catch (IOException e) {
      throw new AwpException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static Path path(YamlMap map, String key, Path folder, String text) {
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw new AwpException(
          "%s: '%s' has line breaks or the like, and a command is one line"
              .formatted(map.place(key), PlainText.of(text)));
    }
    try {
      return folder.resolve(text).normalize();
    } catch (InvalidPathException e) {
      throw new AwpException("%s: '%s' is no file name".formatted(map.place(key), text), e);
    }
  }

  /** A folder's name, a file's without its ending. */
  private static String named(Path model) {
    String name = String.valueOf(model.getFileName());
    return name.endsWith(".gguf") ? name.substring(0, name.length() - ".gguf".length()) : name;
  }

  private static String stem(Path file) {
    return String.valueOf(file.getFileName()).replaceFirst("\\.(yaml|yml)$", "");
  }

  /** Notes that outputs that are not there yet will be those of this batch, whoever runs it. */
  void sign() {
    runs.stream()
        .filter(this::isMissing)
        .forEach(run -> OutputState.sign(results, run.name(), run.command()));
  }

  private boolean isMissing(BatchRun run) {
    try {
      return OutputState.of(results, run.name(), run.command(), run.output(), run.inputs())
          == OutputState.MISSING;
    } catch (AwpException e) {
      return false; // another's output: who runs it is told
    }
  }

  /** The command lines, one a line, as a shell takes them. */
  String commands() {
    return runs.stream()
        .map(run -> BatchRun.quoted(run.command()) + "\n")
        .collect(Collectors.joining());
  }
}
