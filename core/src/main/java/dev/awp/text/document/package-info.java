// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Documents: texts, their parts, conversations, and where they are in rows of data. Knows neither
 * files nor tokens.
 */
package dev.awp.text.document;
