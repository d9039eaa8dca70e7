    begin("nulls/nothing_was_written");
    EXPECT(untouched == NULL);
    antom_client_free(client);
    antom_options_free(options);
    antom_replay_guard_free(guard);
    return finish();
}
