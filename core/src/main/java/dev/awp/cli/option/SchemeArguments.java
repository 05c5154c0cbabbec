// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.compress.CompressionOptions;
import dev.awp.format.gguf.GgufFormat;
import dev.awp.format.registry.OutputFormats;
import dev.awp.gguf.file.GgufParts;
import dev.awp.recipe.Budget;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerRule;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import dev.awp.recipe.RecipeFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say what becomes of the layers, and in which formats they are written. */
public final class SchemeArguments {
  @Mixin private final ConstraintArguments constraint = new ConstraintArguments();

  @Mixin private final FormatArguments format = new FormatArguments();

  @Mixin private final GgufArguments gguf = new GgufArguments();

  @Mixin private final BudgetArguments budget = new BudgetArguments();

  @Option(
      names = "--recipe",
      paramLabel = "FILE",
      description = {
        "YAML file with any of these options, and with rules for single layers (docs/recipes.md)."
            + " What is typed here wins over the recipe's options for all layers."
      })
  private Path file;

  @Option(
      names = "--lm-head",
      description = {
        "Compress lm_head too. Where its weights are those of the embeddings it gets its own, and"
            + " the embeddings stay as they are. Not in the format awq."
      })
  private boolean head;

  @Option(
      names = "--fused",
      description = {
        "Layers with the same inputs (q, k and v; gate and up) get the same scheme, as readers"
            + " that fuse them need it. On by itself for a target of bits or size in a format"
            + " with such readers: compressed-tensors, gptq, awq."
      })
  private boolean fused;

  /** An output that is named as a GGUF file is one; misuse where another format is asked for. */
  public void settleFormat(Path output, CommandSpec spec) {
    if (!GgufParts.isNamedSo(output)) {
      return;
    }
    if (format.given() && !format.only(GgufFormat.NAME)) {
      throw new ParameterException(
          spec.commandLine(),
          "%s: an output that ends in .gguf is one file, in the format gguf and no other"
              .formatted(output));
    }
    format.takeGguf();
  }

  /**
   * Sets what was asked for; misuse where options exclude each other.
   *
   * @param structure what is removed of the model, which may be all that is to be done
   * @param trial another command of the same kind, to read the recipe's values with
   * @return the recipe among it
   */
  public Recipe applyTo(
      CompressionOptions.Builder options,
      StructureArguments structure,
      CommandSpec spec,
      CommandLine trial) {
    List<LayerRule> rules = List.of();
    if (file != null) {
      RecipeFile read = RecipeFile.read(file);
      new RecipeFlags(read, spec, trial).apply();
      options.sources(List.of(file));
      rules = read.rules();
    }
    Recipe recipe = recipe(rules, structure.given(), spec);
    options
        .recipe(recipe)
        .formats(gguf.applyTo(format.toFormats(), rules, budget.givesBits(), spec));
    return recipe;
  }

  /** What was asked for, and what it says of the layers. */
  private record Wish(
      boolean structured, boolean zeros, boolean bits, boolean grid, boolean types, boolean rules) {
    /** Whether no option says what becomes of all layers. */
    boolean saysNothing() {
      return !zeros && !grid;
    }
  }

  private Recipe recipe(List<LayerRule> rules, boolean structured, CommandSpec spec) {
    Optional<Budget> shared = budget.toBudget(spec);
    boolean bits = constraint.givesBits() || budget.givesBits();
    Wish wish =
        new Wish(
            structured && !head && !fused && !constraint.givesGrid(),
            constraint.givesSparsity() || budget.givesSparsity(),
            bits,
            bits || constraint.type().isPresent(),
            budget.givesBits() && format.has(GgufFormat.NAME),
            !rules.isEmpty());
    checkSomething(wish, spec);
    checkType(wish, spec);
    checkBlocks(wish, spec);
    if (wish.saysNothing() && format.only(GgufFormat.NAME)) {
      gguf.takeDefaultBlocks();
    }
    if (isNothing(wish)) {
      return Recipe.NOTHING;
    }
    if (wish.saysNothing() && gguf.blocks().isEmpty() && format.given()) {
      constraint.takeDefaultBits();
    }
    checkTargets(spec);
    return new Recipe(
        settings(wish).build(),
        rules,
        head || gguf.solvesEnds() || (wish.types() && !gguf.givesEmbedding()),
        fused,
        shared);
  }

  /** Something is to be done. */
  private void checkSomething(Wish wish, CommandSpec spec) {
    if (wish.saysNothing()
        && !wish.rules()
        && !gguf.given()
        && !format.given()
        && !wish.structured()) {
      throw new ParameterException(
          spec.commandLine(),
          "say what to do: --sparsity RATIO, --sparsity N:M, --bits B, --type TYPE, --format"
              + " FORMAT, a --target-..., a --prune-..., or a --recipe");
    }
  }

  /** What --type excludes. */
  private void checkType(Wish wish, CommandSpec spec) {
    if (constraint.type().isEmpty()) {
      return;
    }
    if (wish.bits() || gguf.given()) {
      throw new ParameterException(
          spec.commandLine(),
          "--type says the numbers already: leave --bits, --gguf-type, --target-bits and"
              + " --target-size out");
    }
    List<String> integers = format.integersOnly();
    if (!integers.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "%s cannot be written as %s, which has integers only"
              .formatted(constraint.type().get(), String.join(", ", integers)));
    }
  }

  /** What the types of a GGUF file exclude. */
  private void checkBlocks(Wish wish, CommandSpec spec) {
    if (wish.bits() && gguf.blocks().isPresent()) {
      throw new ParameterException(
          spec.commandLine(),
          wish.types()
              ? "a target decides about types itself: --gguf-type excludes --target-size and"
                  + " --target-bits"
              : "--gguf-type says the bits already: leave --bits out");
    }
    if (gguf.isFast() && !wish.types()) {
      throw new ParameterException(
          spec.commandLine(),
          "--gguf-fast is about the types that --target-size or --target-bits chooses among in the"
              + " format gguf");
    }
    if (head && (gguf.roundsEnds() || (wish.types() && gguf.givesEmbedding()))) {
      throw new ParameterException(
          spec.commandLine(),
          "--gguf-embedding gives lm_head a type of its own in a mixture or a target: leave"
              + " --lm-head out");
    }
  }

  /** A target excludes what it decides. */
  private void checkTargets(CommandSpec spec) {
    if ((constraint.givesSparsity() && budget.givesSparsity())
        || (constraint.givesBits() && budget.givesBits())) {
      throw new ParameterException(
          spec.commandLine(),
          "a target decides about this itself: --sparsity excludes --target-sparsity, --bits"
              + " excludes --target-bits and --target-size");
    }
  }

  /** Whether what is removed of the model is all that is to be done. */
  private boolean isNothing(Wish wish) {
    boolean plain =
        !format.given() || format.only(OutputFormats.DENSE.name()) || format.only(GgufFormat.NAME);
    return wish.structured()
        && wish.saysNothing()
        && !wish.rules()
        && gguf.blocks().isEmpty()
        && plain;
  }

  private LayerSettings.Builder settings(Wish wish) {
    LayerSettings.Builder settings = constraint.toSettings();
    gguf.applyTo(settings);
    if (budget.givesSparsity()) {
      settings.sparsity(new Choice.Budgeted<>());
    }
    if (wish.types()) {
      settings.blocks(Optional.of(gguf.budgeted()));
    } else if (budget.givesBits()) {
      settings.bits(new Choice.Budgeted<>());
    }
    return settings;
  }
}
