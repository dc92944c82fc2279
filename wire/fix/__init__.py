"""FIX 4.2 and 4.4 as tables: tags, types of fields, messages, groups."""
