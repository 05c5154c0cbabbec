// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.tokenizer.sentencepiece;

import dev.awp.tokenizer.added.AddedToken;
import dev.awp.tokenizer.added.AddedTokens;
import dev.awp.tokenizer.added.SettingsFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tokens that the files beside a tokenizer.model add.
 *
 * @param texts to search a text for
 * @param ids by text
 * @param shown the texts of tokens beyond the model's, as decoding gives them: nothing for special
 *     ones
 * @param legacy whether a text behind an added token gets the space that the model adds
 * @param warnings what is left out
 */
record SentencePieceAdded(
    PrefixTree texts,
    Map<String, Integer> ids,
    Map<Integer, String> shown,
    boolean legacy,
    List<String> warnings) {
  static SentencePieceAdded of(SentencePieceModel model, Path folder) {
    boolean legacy = SettingsFiles.of(folder).tokenizerConfig().path("legacy").asBoolean(true);
    SentencePieceAdded all =
        new SentencePieceAdded(
            new PrefixTree(), new HashMap<>(), new HashMap<>(), legacy, new ArrayList<>());
    int size = model.pieces().all().size();
    for (AddedToken token : AddedTokens.of(folder)) {
      var known = model.pieces().named(token.text());
      if (known.isPresent() && known.getAsInt() != token.id()) {
        all.warnings.add(
            "%s: token '%s' has the id %s, the tokenizer gives it %s, which is used"
                .formatted(token.from(), token.text(), token.id(), known.getAsInt()));
      } else if (known.isEmpty() && token.id() < size) {
        all.warnings.add(
            "%s: token '%s' has the id %s, which is '%s' in the tokenizer: it is left out"
                .formatted(
                    token.from(), token.text(), token.id(), model.pieces().get(token.id()).text()));
      } else {
        all.texts.add(token.text(), token.id());
        all.ids.put(token.text(), token.id());
        if (token.id() >= size) {
          all.shown.put(token.id(), token.special() ? "" : token.text());
        }
      }
    }
    // A template of conversations writes them as text.
    AddedTokens.special(folder, control(model), id -> text(model, id))
        .forEach(
            (id, text) -> {
              all.texts.add(text, id);
              all.ids.put(text, id);
            });
    return all;
  }

  /** The ids of the pieces that the model never finds in a text. */
  private static Map<String, Integer> control(SentencePieceModel model) {
    Map<String, Integer> control = new HashMap<>();
    for (String text : model.pieces().texts(Pieces.Type.CONTROL)) {
      model.pieces().named(text).ifPresent(id -> control.put(text, id));
    }
    return control;
  }

  private static String text(SentencePieceModel model, int id) {
    boolean known = id >= 0 && id < model.pieces().all().size();
    return known && model.pieces().get(id).type() == Pieces.Type.CONTROL
        ? model.pieces().get(id).text()
        : "";
  }
}
