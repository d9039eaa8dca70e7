<?php

/** A page that says where its PHP reads its settings. */

declare(strict_types=1);

echo php_ini_loaded_file();
