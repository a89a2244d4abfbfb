"""Tables of captions as people have them."""

import json

import pytest

from pipelines.examples import DataError
from pipelines.readers import captions
from pipelines.readers.class_tables import read_classes
from pipelines.readers.split_tables import splits_of
from pipelines.reading import Reading
from tests.pipelines.readers.tables import tables, tree


def coco(numbers, split):
    return json.dumps(
        {
            "info": {"description": "COCO 2017 Dataset"},
            "images": [
                {"id": number, "file_name": f"{number:012d}.jpg", "coco_url": f"http://x/{split}/{number:012d}.jpg"}
                for number in numbers
            ],
            "annotations": [
                {"image_id": number, "id": 10 * number + place, "caption": f"{split} {number} caption {place}"}
                for number in numbers
                for place in range(2)
            ],
        }
    )


def karpathy(rows):
    return json.dumps(
        {
            "images": [
                {
                    "sentids": [0, 1],
                    "imgid": 0,
                    "sentences": [{"tokens": ["a", "b"], "raw": f"A {name}.", "imgid": 0, "sentid": 0}],
                    "split": split,
                    "filename": name,
                }
                for name, split in rows
            ],
            "dataset": "flickr8k",
        }
    )


STANDARD = {
    "Flickr8k of Kaggle": (
        ["Images/1.jpg", "Images/2.jpg"],
        {"captions.txt": 'image,caption\n1.jpg,A child .\n1.jpg,"A girl , in a dress ."\n2.jpg,A dog .\n'},
        {"Images/1.jpg": ["A child .", "A girl , in a dress ."], "Images/2.jpg": ["A dog ."]},
    ),
    "Flickr8k as published": (
        ["Flicker8k_Dataset/1_a.jpg", "Flicker8k_Dataset/2_b.jpg"],
        {
            "Flickr8k_text/Flickr8k.token.txt": "1_a.jpg#0\tA child .\n1_a.jpg#1\tA #1 girl .\n2_b.jpg#0\tA dog .\n",
            "Flickr8k_text/Flickr8k.lemma.token.txt": "1_a.jpg#0\tA child .\n1_a.jpg#1\tA girl .\n2_b.jpg#0\tA dog .\n",
            "Flickr8k_text/CrowdFlowerAnnotations.txt": "1_a.jpg\t2_b.jpg#2\t1\t3\t0\n",
            "Flickr8k_text/ExpertAnnotations.txt": "1_a.jpg\t2_b.jpg#2\t1\t1\t1\n",
            "Flickr8k_text/readme.txt": "If you publish work based on the data, please cite: ...\n",
        },
        {
            "Flicker8k_Dataset/1_a.jpg": ["A child .", "A #1 girl ."],
            "Flicker8k_Dataset/2_b.jpg": ["A dog ."],
        },
    ),
    "Flickr30k of Kaggle": (
        ["flickr30k_images/1.jpg", "flickr30k_images/2.jpg"],
        {
            "results.csv": "image_name| comment_number| comment\n1.jpg| 0| Two men , in a yard .\n"
            '1.jpg| 1| Two friends "enjoy" time .\n2.jpg| 4   A dog runs .\n2.jpg| 0| A dog .\n'
        },
        {
            "flickr30k_images/1.jpg": ["Two men , in a yard .", 'Two friends "enjoy" time .'],
            "flickr30k_images/2.jpg": ["A dog ."],
        },
    ),
    "Flickr30k as published": (
        ["flickr30k-images/1.jpg"],
        {"results_20130124.token": "1.jpg#0\tTwo men .\n1.jpg#1\tTwo friends .\n"},
        {"flickr30k-images/1.jpg": ["Two men .", "Two friends ."]},
    ),
    "COCO": (
        ["train2017/000000000001.jpg", "val2017/000000000002.jpg"],
        {
            "annotations/captions_train2017.json": coco([1], "train"),
            "annotations/captions_val2017.json": coco([2], "val"),
            # Hundreds of megabytes in fact; must not be parsed.
            "annotations/instances_train2017.json": coco([1], "an instance of"),
        },
        {
            "train2017/000000000001.jpg": ["train 1 caption 0", "train 1 caption 1"],
            "val2017/000000000002.jpg": ["val 2 caption 0", "val 2 caption 1"],
        },
    ),
    "Karpathy's splits": (
        ["Images/1.jpg", "Images/2.jpg"],
        {"dataset_flickr8k.json": karpathy([("1.jpg", "train"), ("2.jpg", "test")])},
        {"Images/1.jpg": ["A 1.jpg."], "Images/2.jpg": ["A 2.jpg."]},
    ),
    "a list of objects": (
        ["a/1.png", "a/2.png"],
        {
            "labels.json": json.dumps(
                [{"image": "a/1.png", "caption": "x"}, {"image": "a/2.png", "caption": ["y", "z"]}]
            )
        },
        {"a/1.png": ["x"], "a/2.png": ["y", "z"]},
    ),
    "an object of names": (
        ["1.png", "2.png"],
        {"captions.json": json.dumps({"1.png": "x", "2": ["y", "z"], "version": "1"})},
        {"1.png": ["x"], "2.png": ["y", "z"]},
    ),
    "lines of JSON named json": (
        ["1.png"],
        {"data.json": '{"img_path": "1.png", "Prompt": "x"}\n{"img_path": "1.png", "Prompt": "y"}\n'},
        {"1.png": ["x", "y"]},
    ),
    "a TSV": (["i/1.png"], {"all.tsv": 'filepath\ttitle\ni/1.png\tx, "y"\n'}, {"i/1.png": ['x, "y"']}),
    "semicolons, as Excel writes them": (
        ["1.png"],
        {"Mappe1.csv": "\ufeffDatei;Image;Description\r\n7;1.png;x, y\r\n"},
        {"1.png": ["x, y"]},
    ),
    "JSON lines of another name": (["1.png"], {"train.jsonl": '{"path":"1.png","text":"x"}'}, {"1.png": ["x"]}),
    "a table in each split": (
        ["train/1.png", "test/1.png"],
        {"train/captions.txt": "image\tcaption\n1.png\tx\n", "test/captions.txt": "image\tcaption\n1.png\ty\n"},
        {"train/1.png": ["x"], "test/1.png": ["y"]},
    ),
    "a table for each split, beside them": (
        ["train/1.png", "test/1.png"],
        {"train.csv": "image,caption\n1.png,x\n", "test.csv": "image,caption\n1.png,y\n"},
        {"train/1.png": ["x"], "test/1.png": ["y"]},
    ),
}


@pytest.mark.parametrize("case", STANDARD)
def test_captions_are_found_where_people_have_them(case, tmp_path):
    images, texts, wanted = STANDARD[case]
    found = tables(tree(tmp_path, images, texts))
    assert found.captions == wanted
    assert "line of a table without its image" not in found.skipped


def test_the_user_trains_on_what_kaggle_gives(tmp_path):
    images, texts, wanted = STANDARD["Flickr8k of Kaggle"]
    found = captions.find(str(tree(tmp_path, images, texts)))
    assert {record.name + ".jpg": list(record.captions) for record in found.records["train"]} == wanted
    assert "text file without its image" not in found.report.skipped


def test_splits_that_tables_say(tmp_path):
    for case, wanted in (
        ("COCO", {"train2017/000000000001.jpg": "train", "val2017/000000000002.jpg": "validation"}),
        ("Karpathy's splits", {"Images/1.jpg": "train", "Images/2.jpg": "test"}),
        ("a table for each split, beside them", {"train/1.png": "train", "test/1.png": "test"}),
        ("Flickr8k of Kaggle", {}),
    ):
        images, texts, _ = STANDARD[case]
        assert tables(tree(tmp_path / case, images, texts)).splits == wanted


def test_splits_in_a_column_and_in_lists(tmp_path):
    rows = "image,caption,split\n1.jpg,x,restval\n2.jpg,y,TEST\n3.jpg,z,train\n4.jpg,z,\n5.jpg,z,fold 3\n"
    found = tables(tree(tmp_path / "a", [f"{number}.jpg" for number in range(1, 6)], {"captions.csv": rows}))
    assert found.splits == {"1.jpg": "train", "2.jpg": "test", "3.jpg": "train"}
    assert found.assumed == ["1 lines of a table name a split that is not known: captions.csv:6 (fold 3)"]
    images, texts, _ = STANDARD["Flickr8k as published"]
    lists = {
        "Flickr8k_text/Flickr_8k.trainImages.txt": "1_a.jpg\n7.jpg\n",
        "Flickr8k_text/Flickr_8k.devImages.txt": "2_b.jpg",
    }
    found = tables(tree(tmp_path / "b", images, texts | lists))
    assert found.splits == {"Flicker8k_Dataset/1_a.jpg": "train", "Flicker8k_Dataset/2_b.jpg": "validation"}
    assert found.skipped["line of a list of a split without its image"] == ["7.jpg"]


@pytest.mark.parametrize(
    ("images", "texts", "splits", "line"),
    [
        # All that there is may be a published test split, which is enough to train on.
        (["1.jpg"], {"test.csv": "image,caption\n1.jpg,x\n"}, {}, "every image is one to test on: all are trained on"),
        (
            ["1.jpg", "2.jpg", "3.jpg"],
            {"captions.csv": "image,caption,split\n1.jpg,x,\n2.jpg,y,test\n3.jpg,z,\n"},
            {"1.jpg": "train", "2.jpg": "test", "3.jpg": "train"},
            "2 images for which the tables name no split are trained on",
        ),
        (
            ["1.jpg", "2.jpg", "3.jpg"],
            {"captions.csv": "image,caption,split\n1.jpg,x,\n2.jpg,y,val\n3.jpg,z,fold 3\n"},
            {"1.jpg": "train", "2.jpg": "validation"},
            "1 images for which the tables name no split are trained on",
        ),
        (
            ["1.jpg", "2.jpg"],
            {"c.txt": "1.jpg#0\tx\n2.jpg#0\ty\n", "Flickr_8k.testImages.txt": "2.jpg\n"},
            {"1.jpg": "train", "2.jpg": "test"},
            "1 images for which the tables name no split are trained on",
        ),
        (
            ["train/1.jpg", "test/2.jpg"],
            {"captions.csv": "image,caption,split\ntrain/1.jpg,x,\ntest/2.jpg,y,test\n"},
            {},
            "the folders say the splits",
        ),
    ],
)
def test_tables_that_name_what_to_test_on_and_not_what_to_train_on(tmp_path, images, texts, splits, line):
    found = tables(tree(tmp_path, images, texts))
    assert found.splits == splits
    assert line in "; ".join(found.assumed)


def test_nothing_is_trained_on_that_a_table_of_captions_keeps_from_it(tmp_path):
    text = "image,caption,split\n1.jpg,x,fold 3\n2.jpg,y,test\n"
    folder = str(tree(tmp_path, ["1.jpg", "2.jpg"], {"captions.csv": text}))
    with pytest.raises(DataError, match=r"must name images of train.*Received: .* known: captions.csv:2 \(fold 3\)"):
        captions.find(folder)
    assert len(captions.find(folder, Reading(splits="none")).records["train"]) == 2


@pytest.mark.parametrize("column", ["Photo", "imagename", "Image File", "img-path"])
@pytest.mark.parametrize("split", ["phase", "Usage", "data split"])
def test_names_of_columns_are_those_of_class_tables(tmp_path, column, split):
    text = f"{column},caption,kind,{split}\n1.jpg,x,cat,train\n2.jpg,y,dog,test\n"
    found = tables(tree(tmp_path, ["1.jpg", "2.jpg"], {"c.csv": text}))
    assert found.captions == {"1.jpg": ["x"], "2.jpg": ["y"]}
    assert found.splits == {"1.jpg": "train", "2.jpg": "test"}
    names = ["1.jpg", "2.jpg"]
    assert splits_of(str(tmp_path), ["c.csv"], names).of == found.splits
    assert read_classes(str(tmp_path), ["c.csv"], "kind", names)[0] == {"1.jpg": "cat", "2.jpg": "dog"}


def test_a_table_of_something_else_is_counted_not_refused(tmp_path):
    texts = {
        "prices.csv": "article,price\n1,2\n",
        "config.json": '{"name": "x", "text": "y"}',
        "broken.json": "{",
        "latin.csv": "name;größe\n".encode().decode(),
        "notes.txt": "a note, and a caption\n",
        "empty.jsonl": "",
        "1.json": '{"image": "1.png", "caption": "of a tool, beside its picture"}',
    }
    folder = tree(tmp_path, ["1.png", "2.png"], texts)
    (folder / "latin.csv").write_bytes("name;größe\n".encode("latin-1"))
    found = tables(folder)
    assert (found.captions, found.read) == ({}, [])
    assert found.skipped == {
        "not a table of captions": ["broken.json", "config.json", "empty.jsonl", "latin.csv", "prices.csv"]
    }
    with pytest.raises(DataError, match=r"skipped 5: not a table of captions: broken.json, config.json"):
        captions.find(str(folder))


def test_a_file_of_a_standard_name_is_a_table_or_refused(tmp_path):
    folder = tree(tmp_path, ["1.png"], {"a/captions.csv": "article,price\n1,2\n", "t.csv": "image,caption\n1.png,x\n"})
    with pytest.raises(DataError, match=r"the first line of a/captions.csv must name a column"):
        tables(folder)


def test_a_table_of_a_standard_name_comes_first(tmp_path):
    texts = {"captions.csv": "image,caption\n1.png,x\n", "old.csv": "image,caption\n1.png,old\n"}
    found = tables(tree(tmp_path, ["1.png"], texts))
    assert found.captions == {"1.png": ["x"]}
    assert found.skipped == {"table that is not read beside captions.csv": ["old.csv"]}


def test_captions_that_two_tables_give_are_taken_once(tmp_path):
    texts = {"results.csv": "image_name| comment\n1.jpg| x\n1.jpg| x\n", "results.token": "1.jpg#0\tx\n1.jpg#1\ty\n"}
    assert tables(tree(tmp_path, ["1.jpg"], texts)).captions == {"1.jpg": ["x", "x", "y"]}


def test_a_table_that_cannot_be_decoded_is_refused_if_it_is_one(tmp_path):
    folder = tree(tmp_path, ["1.png"], {})
    for name, text in (("t.csv", "image;caption\n1.png;un élève\n"), ("t.json", '{"1.png": "un élève"}')):
        (folder / name).write_bytes(text.encode("latin-1"))
        with pytest.raises(DataError, match=rf"the table '{name}' must be UTF-8"):
            tables(folder)
        (folder / name).unlink()


def test_a_caption_that_separators_have_cut_is_said(tmp_path):
    found = tables(tree(tmp_path, ["1.png"], {"captions.csv": "image,caption\n1.png,red, round\n"}))
    assert found.captions == {"1.png": ["red, round"]}
    assert "1 lines of a table have more separators than columns" in found.assumed[0]
    assert "captions.csv:2" in found.assumed[0]


def test_an_open_quote_in_a_table_of_any_name(tmp_path):
    folder = tree(tmp_path, ["Images/1.jpg", "Images/2.jpg"], {"c.txt": 'image,caption\n1.jpg,"x\n2.jpg,y\n'})
    with pytest.raises(DataError, match=r"c.txt must close every quote.*opened in line 2"):
        tables(folder)


def test_names_that_lead_out_of_the_folder_are_refused(tmp_path):
    for name in ("../1.png", "/a/1.png", "C:\\a\\1.png", "a/../../1.png"):
        folder = tree(tmp_path, ["1.png"], {"t.csv": f"image,caption\n{name},x\n"})
        with pytest.raises(DataError, match=r"stay inside of data_dir. Received: .*1.png' at t.csv:2"):
            tables(folder)
