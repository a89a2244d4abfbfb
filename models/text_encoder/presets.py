"""The presets of the text encoders: Reed et al., CVPR 2016, and this project's own over words."""

from models.core.preset import Preset
from models.text_encoder.configs import CharCNNRNNConfig, WordCNNConfig
from models.text_encoder.published import PUBLISHED

# Makes the paper's experiments short enough for the embedded birds on two cores: chosen by measuring (docs/results.md).
# 132 characters: 99 of 100 captions of the birds are shorter.
BIRDS_TEXT_ENCODER = {
    "convolution_width": 192,
    "recurrent_width": 192,
    "recurrent_unit": "rnn",
    "read_characters": 132,
}
# With a small image encoder from scratch, where the authors had the features of GoogLeNet.
FROM_SCRATCH = {
    "steps": 0,
    "optimizer": "adam",
    "learning_rate_decay": 1.0,
    "initial_range": 0.0,
    "standardize": True,
}


TEXT_AND_IMAGES = frozenset({"image", "captions"})
EVALUATORS = ("evaluation.retrieval.ImageRecall", "evaluation.retrieval.ClassRetrieval")

PRESETS = {
    "char_cnn_rnn": Preset(
        model="models.text_encoder.char_cnn_rnn.CharCNNRNN",
        parts="engine.parts.text_encoder.CharacterParts",
        config=CharCNNRNNConfig(),
        summary="the char-CNN-RNN text encoder, by deep structured joint embedding",
        source="Reed et al., CVPR 2016, sections 3 and 5; as trained for ICML 2016",
        needs=TEXT_AND_IMAGES,
        evaluators=EVALUATORS,
        modes=("train", "evaluate"),
        published=PUBLISHED,
        why_per_dataset={
            "captions": "the image encoder is trained from scratch",
            "flowers": "as published for the flowers: iter16400, 82 classes",
            "birds": "the image encoder is trained from scratch; short enough for two cores; measured",
        },
        per_dataset={
            "captions": FROM_SCRATCH | {"epochs": 200, "learning_rate": 2e-4, "learning_rate_halving_epochs": 50},
            # Name: lm_sje_flowers_..._0.00070_1_10_trainvalids.txt_iter16400; 82 classes are trained on.
            "flowers": {"steps": 16_400, "decay_steps": 82},
            "birds": BIRDS_TEXT_ENCODER
            | FROM_SCRATCH
            | {
                # Small batches, many steps: the more steps, the better it generalizes to unseen species.
                "batch_size": 32,
                "image_size": 32,
                "epochs": 27,
                "embedding_dim": 256,
                "image_encoder_width": 48,
                "learning_rate": 2e-3,
                "learning_rate_halving_epochs": 9,
            },
        },
    ),
    "word_cnn": Preset(
        model="models.text_encoder.word_cnn.WordCNN",
        parts="engine.parts.text_encoder.WordParts",
        config=WordCNNConfig(),
        summary="a text encoder of convolutions over words, by a contrastive loss",
        source="this project; after Kim 2014 (word CNN), van den Oord et al. 2018 and Radford et al. 2021 (InfoNCE)",
        needs=TEXT_AND_IMAGES,
        evaluators=EVALUATORS,
        modes=("train", "evaluate"),
        why_per_dataset={
            "birds": "the image encoder is trained from scratch; short enough for two cores; measured",
            "captions": "the same, whatever their number",
        },
        per_dataset={
            "birds": {"image_size": 32, "image_encoder_width": 48, "epochs": 18},
            "captions": {"image_size": 32, "image_encoder_width": 48, "steps": 500},
        },
    ),
    "word_region": Preset(
        model="models.text_encoder.word_cnn.WordCNN",
        parts="engine.parts.text_encoder.WordParts",
        config=WordCNNConfig(alignment_dim=64, edited_captions=2, batch_size=64, learning_rate=1e-3),
        summary="the text encoder over words, also compared word by word with the regions of the images",
        source="this project; after Yao et al. 2022 (FILIP), Xu et al. 2018 (DAMSM), Yuksekgonul et al. 2023 (edits)",
        needs=TEXT_AND_IMAGES,
        evaluators=EVALUATORS,
        modes=("train", "evaluate"),
        why_per_dataset={"birds": "short enough for two cores", "captions": "the same, whatever their number"},
        per_dataset={
            "birds": {"image_size": 32, "epochs": 8, "learning_rate_halving_epochs": 5},
            "captions": {"image_size": 32, "steps": 1000},
        },
    ),
}
