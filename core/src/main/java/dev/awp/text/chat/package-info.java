// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Conversations as text: messages, and the chat template of a model folder that renders them. Knows
 * no tokenizer, and no file of conversations.
 */
package dev.awp.text.chat;
