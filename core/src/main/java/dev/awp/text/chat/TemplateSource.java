// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.text.chat;

/**
 * A chat template as it stands in a file.
 *
 * @param place the file, and its entry where the file holds several; for messages
 */
public record TemplateSource(String place, String text) {}
